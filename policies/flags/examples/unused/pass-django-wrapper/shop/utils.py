from django.contrib.auth.models import AnonymousUser
from waffle import get_waffle_flag_model


def flag_is_active_in_task(flag_name, user):
    flag = get_waffle_flag_model().get(flag_name)
    if not flag.pk:
        return False
    return bool(flag.is_active_for_user(user or AnonymousUser()))
