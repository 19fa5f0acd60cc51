from django.apps import apps


def is_on(request, name):
    if not apps.is_installed("waffle"):
        return False
    from waffle import flag_is_active

    return flag_is_active(request, name)


def page(request):
    return is_on(request, "tips")
