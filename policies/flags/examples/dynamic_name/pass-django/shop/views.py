from django.conf import settings
from waffle import flag_is_active, get_waffle_flag_model, switch_is_active
from waffle.decorators import waffle_flag
from waffle.mixins import WaffleFlagMixin
from waffle.models import Switch

from shop import names

PREFIX = "cart"


class Page(WaffleFlagMixin):
    waffle_flag = "page"
    flag = "page-tips"

    def tips(self, request):
        return flag_is_active(request, self.flag)


def asked(request, name):
    return flag_is_active(request, name)


def page(request, is_new):
    local = "local-flag"
    for name in ("one", "two"):
        switch_is_active(name)
    for switch in Switch.objects.all():
        switch_is_active(switch.name)
    for flag in get_waffle_flag_model().get_all():
        flag_is_active(request, flag.name)
    return (
        flag_is_active(request, local)
        and flag_is_active(request, names.CART)
        and flag_is_active(request, names.BY_PAGE["map"])
        and flag_is_active(request, names.Flag.TOUR.value)
        and flag_is_active(request, f"{PREFIX}-v2")
        and flag_is_active(request, "new" if is_new else "old")
        and asked(request, "asked-for")
        and getattr(settings, f"FEATURE_{is_new}")
    )


@waffle_flag("!" + PREFIX)
def old(request): ...
