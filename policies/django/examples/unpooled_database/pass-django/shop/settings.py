import os

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["DATABASE_HOST"],
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    },
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
