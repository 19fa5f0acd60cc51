from . import utils
from .utils import flag_is_active_in_task as is_on


def clean(user):
    return is_on("tracker-removal", user) or utils.flag_is_active_in_task(flag_name="phones", user=user)
