from waffle import flag_is_active


def page(request):
    return flag_is_active(request, "tips")
