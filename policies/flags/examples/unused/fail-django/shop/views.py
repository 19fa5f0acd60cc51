from django.conf import settings
from flags.state import flag_enabled
from shop import settings as own_settings
from waffle import flag_is_active, switch_is_active


def page(request):
    if flag_is_active(request, "used") and switch_is_active("from-migration"):
        return settings.ENABLE_CLUB or getattr(settings, "ENABLE_NEWS", False)
    return flag_enabled("SEARCH") and own_settings.ENABLE_MODULE
