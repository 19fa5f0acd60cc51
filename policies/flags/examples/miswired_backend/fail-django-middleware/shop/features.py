from django.apps import apps

try:
    import waffle
except ImportError:
    waffle = None


def is_on(request, name):
    return apps.is_installed("waffle") and waffle.flag_is_active(request, name)
