"""What runs on ECS. Whatever differs between deployments comes from the task definition."""

import os

from .base import *  # noqa: F403

DEBUG = False
ALLOWED_HOSTS = os.environ.get("DJANGO_ALLOWED_HOSTS", "shop.example.com").split(",")
CSRF_TRUSTED_ORIGINS = ["https://shop.example.com"]

# The load balancer ends TLS and sets this header on every request; tasks are reachable from nowhere else.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 0
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-site"
CSRF_COOKIE_SECURE = True

if "DATABASE_HOST" in os.environ:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ["DATABASE_HOST"],
            "PORT": os.environ.get("DATABASE_PORT", "5432"),
            "NAME": os.environ.get("DATABASE_NAME", "shop"),
            "USER": os.environ.get("DATABASE_USER", "shop"),
            "PASSWORD": os.environ.get("DATABASE_PASSWORD", ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"sslmode": "verify-full", "sslrootcert": "/etc/ssl/certs/rds-global-bundle.pem"},
        },
    }

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ.get("REDIS_URL", "rediss://cache.shop.internal:6379/0"),
    },
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

MEDIA_BUCKET = os.environ.get("MEDIA_BUCKET", "shop-media")
STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {"bucket_name": MEDIA_BUCKET, "file_overwrite": False},
    },
    "staticfiles": {
        "BACKEND": "storages.backends.s3.S3ManifestStaticStorage",
        "OPTIONS": {"bucket_name": MEDIA_BUCKET, "location": "static"},
    },
}

EMAIL_HOST = os.environ.get("EMAIL_HOST", "email-smtp.eu-west-1.amazonaws.com")
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_PORT = 587
EMAIL_USE_TLS = True
DEFAULT_FROM_EMAIL = "orders@shop.example.com"

PAYMENT_API_KEY = os.environ.get("PAYMENT_API_KEY", "")
WEBHOOK_SECRET = os.environ.get("WEBHOOK_SECRET", "")

CELERY_BROKER_URL = "sqs://"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "region": "eu-west-1",
    "visibility_timeout": 1800,
    "predefined_queues": {"shop-orders": {"url": os.environ.get("ORDERS_QUEUE_URL", "")}},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {
        "file": {
            "class": "logging.handlers.RotatingFileHandler",
            "filename": "/var/log/shop/django.log",
            "maxBytes": 10_000_000,
            "formatter": "plain",
            "delay": True,
        },
    },
    "root": {"handlers": ["file"], "level": "INFO"},
}
