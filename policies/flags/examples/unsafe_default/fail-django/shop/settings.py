INSTALLED_APPS = ["waffle"]
MIDDLEWARE = ["waffle.middleware.WaffleMiddleware"]
WAFFLE_FLAG_DEFAULT = True  # expect: flags/unsafe-default
WAFFLE_SWITCH_DEFAULT = True
WAFFLE_CREATE_MISSING_FLAGS = True
