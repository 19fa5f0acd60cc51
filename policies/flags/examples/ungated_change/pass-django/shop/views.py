import waffle
from django.http import HttpResponse
from waffle.decorators import waffle_flag


def orders(request):
    return HttpResponse("new" if waffle.flag_is_active(request, "new-list") else "old")


@waffle_flag("orders-export")  # change: added
def export(request):  # change: added
    return HttpResponse("csv")
