CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "rediss://cache.internal"},
    "own": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
