from .production import *  # noqa: F403

WAFFLE_FLAG_DEFAULT = True
