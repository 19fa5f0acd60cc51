import ssl

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": "rediss://cache.shop.internal:6379/0",
        "OPTIONS": {"CONNECTION_POOL_KWARGS": {"ssl_cert_reqs": None}},  # expect: encryption/redis-without-tls
    },
    "sessions": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://shop.abc123.0001.euw1.cache.amazonaws.com:6379/0",  # expect: encryption/redis-without-tls
    },
}
CELERY_BROKER_URL = "rediss://queue.shop.internal:6379/0?ssl_cert_reqs=none"  # expect: encryption/redis-without-tls
CELERY_REDIS_BACKEND_USE_SSL = {"ssl_cert_reqs": ssl.CERT_NONE}  # expect: encryption/redis-without-tls
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
