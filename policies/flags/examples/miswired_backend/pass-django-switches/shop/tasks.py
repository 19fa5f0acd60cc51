from waffle import get_waffle_flag_model, switch_is_active


def clean(user):
    # Neither is kept in a cookie: no middleware is needed.
    return switch_is_active("clean") and get_waffle_flag_model().get("deep-clean").is_active_for_user(user)
