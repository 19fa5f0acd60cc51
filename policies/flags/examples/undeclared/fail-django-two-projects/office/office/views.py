from waffle import flag_is_active


def orders(request):
    return flag_is_active(request, "orders-v2")  # expect: flags/undeclared
