INSTALLED_APPS = [
    "shop",
    "debug_toolbar",
    "nplusone.ext.django",  # expect: django/debug-tooling
]
MIDDLEWARE = [
    "debug_toolbar.middleware.DebugToolbarMiddleware",  # expect: django/debug-tooling
    "django.middleware.security.SecurityMiddleware",
]
ROOT_URLCONF = "shop.urls"
