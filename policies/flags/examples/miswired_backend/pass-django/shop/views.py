from flags.state import flag_enabled
from waffle import flag_is_active


def page(request):
    return flag_is_active(request, "tips") or flag_enabled("MAP", request=request)
