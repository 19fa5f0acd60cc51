import waffle
from openfeature import api
from waffle import flag_is_active
from waffle.decorators import waffle_flag


def page(request, product, client=api.get_client()):
    if flag_is_active(request, f"beta_{product.kind}"):
        return 1
    if flag_is_active(request, f"page_{product.kind}"):  # expect: flags/dynamic-name
        return 2
    if flag_is_active(request, "page-" + product.kind):  # expect: flags/dynamic-name
        return 3
    if flag_is_active(request, "page-%s" % product.kind):  # expect: flags/dynamic-name
        return 4
    if flag_is_active(request, "page-{}".format(product.kind)):  # expect: flags/dynamic-name
        return 5
    if waffle.switch_is_active(product.flag):  # expect: flags/dynamic-name
        return 6
    if waffle.sample_is_active(name_of(product)):  # expect: flags/dynamic-name
        return 7
    for kind in product.kinds():
        if waffle.switch_is_active(kind):  # expect: flags/dynamic-name
            return 8
    return api.get_client().get_boolean_value(product.flag, False)  # expect: flags/dynamic-name


def name_of(product):
    return product.flag


# expect: flags/dynamic-name
@waffle_flag(name_of(None))
def old(request): ...
