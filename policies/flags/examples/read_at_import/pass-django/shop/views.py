from functools import partial
from typing import TYPE_CHECKING

from django.utils.functional import SimpleLazyObject
from waffle import flag_is_active, switch_is_active
from waffle.mixins import WaffleFlagMixin

if TYPE_CHECKING:
    IS_TYPED = switch_is_active("typed")

sales_open = partial(switch_is_active, "sales-open")
tips = SimpleLazyObject(lambda: switch_is_active("tips"))


class Page(WaffleFlagMixin):
    waffle_flag = "page"

    @property
    def size(self):
        return 50 if switch_is_active("big-pages") else 20


def listing(request, compact=None):
    return flag_is_active(request, "compact")


if __name__ == "__main__":
    print(switch_is_active("by-hand"))
