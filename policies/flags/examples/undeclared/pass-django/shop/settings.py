INSTALLED_APPS = ["waffle", "flags"]
MIDDLEWARE = ["waffle.middleware.WaffleMiddleware"]
FLAGS = {"FROM_SETTING": [("boolean", False)]}
ENABLE_TIPS = False
