from waffle import flag_is_active, switch_is_active


def page(request):
    return flag_is_active(request, "newborn") and switch_is_active("sales-open")
