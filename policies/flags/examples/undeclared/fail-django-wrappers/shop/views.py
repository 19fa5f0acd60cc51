from shop import legacy
from shop.features import Needs, gate, is_on


def cart(request):
    if is_on(request, "known"):
        return 1
    return is_on(request, "cart-v2")  # expect: flags/undeclared


# expect: flags/undeclared
@gate("map-v2")
def shops(request): ...


class Export:
    permission_classes = [Needs("export-v2")]  # expect: flags/undeclared


def old(request):
    if legacy.feature(request, "legacy-cart"):  # expect: flags/undeclared
        return 1
    return legacy.gated(toggle="legacy-map")  # expect: flags/undeclared
