from waffle import flag_is_active


def page(request):
    return flag_is_active(request, "in-a-fixture") and flag_is_active(request, "in-a-migration")
