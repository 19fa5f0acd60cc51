import os

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ["REDIS_URL"],
    },
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
