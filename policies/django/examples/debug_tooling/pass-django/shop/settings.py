import os

DEBUG = os.environ.get("DEBUG") == "1"
INSTALLED_APPS = ["shop", "django_extensions"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
if DEBUG:
    INSTALLED_APPS += ["debug_toolbar"]
    MIDDLEWARE += ["debug_toolbar.middleware.DebugToolbarMiddleware"]
ROOT_URLCONF = "shop.urls"
