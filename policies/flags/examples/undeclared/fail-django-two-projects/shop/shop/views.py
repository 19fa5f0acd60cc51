from waffle import flag_is_active


def cart(request):
    # The registry beside the other project declares a flag of this name, and not for this one.
    return flag_is_active(request, "cart-v2") and flag_is_active(request, "cart-v3")  # expect: flags/undeclared
