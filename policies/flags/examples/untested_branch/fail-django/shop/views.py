from waffle import flag_is_active, sample_is_active, switch_is_active

from shop.names import TIPS


def page(request):
    return [
        *(flag_is_active(request, name) for name in ("cart-v2", "both", "parametrised", "untried")),
        flag_is_active(request, TIPS),
        switch_is_active("sales-open"),
        sample_is_active("slow-log"),
    ]
