import os
import ssl

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ.get("REDIS_URL", "redis://localhost:6379/0"),
    },
    "neighbour": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": ["redis://redis:6379/1", "redis://127.0.0.1:6379/1"],
    },
}
CELERY_BROKER_URL = "rediss://queue.shop.internal:6379/0?ssl_cert_reqs=required"
CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
