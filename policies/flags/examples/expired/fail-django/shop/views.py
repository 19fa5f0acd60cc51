from waffle import flag_is_active


def pay(request):
    return flag_is_active(request, "express-payment")
