import os

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["DATABASE_HOST"],
        "CONN_MAX_AGE": 60,  # expect: django/unpooled-database
    },
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
