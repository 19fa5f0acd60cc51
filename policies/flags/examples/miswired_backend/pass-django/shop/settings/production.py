from .base import *  # noqa: F403

INSTALLED_APPS += ["waffle.apps.WaffleConfig"]  # noqa: F405
INSTALLED_APPS = ["flags", *INSTALLED_APPS]
MIDDLEWARE.append("waffle.middleware.WaffleMiddleware")  # noqa: F405
