from django.urls import path
from flags.decorators import flag_check, flag_required
from flags.state import flag_enabled
from flags.urls import flagged_path
from flags.views import FlaggedTemplateView

from shop import views


def page(request):
    return flag_enabled("NEW_PAGE", request=request)  # expect: flags/undeclared


# expect: flags/undeclared
@flag_required("STAFF_TOOLS")
def tools(request): ...


# expect: flags/undeclared
@flag_check("OLD_PAGE", False)
def old(request): ...


class Tour(FlaggedTemplateView):
    flag_name = "TOUR"  # expect: flags/undeclared


urlpatterns = [
    flagged_path("MAP", "map/", views.map),  # expect: flags/undeclared
    path("", page),
]
