import os

DATABASES = {
    # expect: django/unpooled-database
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["DATABASE_HOST"],
    },
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
