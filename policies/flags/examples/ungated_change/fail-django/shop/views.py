import waffle
from django.http import HttpResponse
from django.views import View


def orders(request):
    return HttpResponse("new" if waffle.flag_is_active(request, "new-list") else "old")


def export(request):  # change: added
    return HttpResponse("csv")


def health(request):  # change: added
    return HttpResponse("ok")


class Report(View):  # change: added
    def get(self, request):
        return HttpResponse("report")
