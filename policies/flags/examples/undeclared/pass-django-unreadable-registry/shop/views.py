from waffle import flag_is_active


def cart(request):
    return flag_is_active(request, "cart-v2")
