from django.http import JsonResponse
from waffle.models import Switch


def all_switches(request):
    # The page asks for any of them by name.
    # undecided: flags/unused
    return JsonResponse({each.name: each.is_active() for each in Switch.objects.all()})
