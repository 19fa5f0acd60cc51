"""Feature flags: django-waffle where it is installed, the FLAGS setting where it is not.

Every name belongs in flags.yaml, with an owner and a date on which the flag is to be gone.
"""

from django.conf import settings

try:
    import waffle
except ModuleNotFoundError:
    waffle = None


def flag_is_active(request, name):
    if waffle is None:
        return settings.FLAGS.get(name, False)
    return waffle.flag_is_active(request, name)


def switch_is_active(name):
    if waffle is None:
        return settings.FLAGS.get(name, False)
    return waffle.switch_is_active(name)
