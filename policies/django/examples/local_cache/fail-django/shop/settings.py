CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",  # expect: django/local-cache
    },
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
