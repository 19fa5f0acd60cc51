INSTALLED_APPS = ["waffle"]
MIDDLEWARE = ["waffle.middleware.WaffleMiddleware"]
