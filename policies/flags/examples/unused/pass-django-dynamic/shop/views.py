import ldclient
from django.conf import settings
from flags.state import flag_enabled
from waffle import flag_is_active


def beta(request, page):
    # undecided: flags/unused
    return flag_is_active(request, f"beta_{page.name}")


def gamma(context, page):
    # undecided: flags/unused
    return ldclient.get().variation(page.flag, context, False)


def banner(page):
    return flag_enabled(page.sale)  # undecided: flags/unused


def feature(page):
    return getattr(settings, f"FEATURE_{page.name.upper()}", False)  # undecided: flags/unused


def help_is_on():
    return settings.ENABLE_HELP
