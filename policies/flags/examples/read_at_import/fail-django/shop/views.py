import ldclient
from waffle import switch_is_active


def is_on(name):
    return switch_is_active(name)


class Page:
    size = 50 if switch_is_active("big-pages") else 20  # expect: flags/read-at-import


# expect: flags/read-at-import
def listing(request, compact=switch_is_active("compact")):
    return compact


PRICES = ldclient.get().variation("new-prices", {"key": "shop"}, False)  # expect: flags/read-at-import
TIPS = is_on("tips")  # expect: flags/read-at-import
