INSTALLED_APPS = ["waffle"]
MIDDLEWARE = ["shop.middleware.QuietWaffle"]
