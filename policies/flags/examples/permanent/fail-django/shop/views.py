from flags.state import flag_enabled
from waffle import flag_is_active


def page(request):
    for name in ("SEARCH", "MAP", "TIPS", "CLUB", "BANNER", "UNDATED"):
        if flag_enabled(name, request=request):
            return name
    for name in ("everyone", "half", "taken-back"):
        if flag_is_active(request, name):
            return name
    return flag_is_active(request, "released")
