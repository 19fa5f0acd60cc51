import os

INSTALLED_APPS = ["waffle"]
MIDDLEWARE = ["waffle.middleware.WaffleMiddleware"]
WAFFLE_FLAG_DEFAULT = False
WAFFLE_SWITCH_DEFAULT = os.environ["NEW"] == "yes"  # undecided: flags/unsafe-default
