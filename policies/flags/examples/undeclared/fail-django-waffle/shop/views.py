import waffle
from django.views import View
from rest_framework.permissions import BasePermission
from waffle import flag_is_active, get_waffle_flag_model
from waffle.decorators import waffle_flag, waffle_switch
from waffle.mixins import WaffleFlagMixin

from shop.names import Flag, Stage, Trial, WISHLIST

ONE_CLICK = "one-click"


def cart(request):
    if flag_is_active(request, "express-payment"):  # expect: flags/undeclared
        return None
    if flag_is_active(request, flag_name=ONE_CLICK):  # expect: flags/undeclared
        return None
    if flag_is_active(request, WISHLIST):  # expect: flags/undeclared
        return None
    if waffle.switch_is_active(Flag.REVIEWS):  # expect: flags/undeclared
        return None
    if waffle.sample_is_active(Trial.BUNDLES.value):  # expect: flags/undeclared
        return None
    if flag_is_active(request, Stage.BETA):  # expect: flags/undeclared
        return None
    return flag_is_active(request, "express-payment")


# expect: flags/undeclared
@waffle_flag("!old-search")
def search(request): ...


# expect: flags/undeclared
@waffle_switch("returns-open")
def returns(request): ...


class Account(WaffleFlagMixin, View):
    waffle_flag = "account-page"  # expect: flags/undeclared


class MayExport(BasePermission):
    def has_permission(self, request, view):
        return get_waffle_flag_model().get("exports").is_active(request)  # expect: flags/undeclared
