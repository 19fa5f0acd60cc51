import os

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
if "DATABASE_HOST" in os.environ:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ["DATABASE_HOST"],
        },
        "scratch": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
    }
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
