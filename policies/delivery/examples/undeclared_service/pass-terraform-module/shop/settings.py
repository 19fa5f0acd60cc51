import os

SECRET_KEY = os.environ["SECRET_KEY"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",  # undecided: delivery/undeclared-service
        "HOST": os.environ["DB_HOST"],
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",  # undecided: delivery/undeclared-service
        "LOCATION": os.environ["REDIS_URL"],
    }
}
