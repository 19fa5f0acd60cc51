from waffle import switch_is_active


def shop(request):
    return switch_is_active("maintenance-mode")
