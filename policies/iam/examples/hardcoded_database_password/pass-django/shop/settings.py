import os

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ.get("DB_HOST", "localhost"),
        "PASSWORD": os.environ["DB_PASSWORD"],
    },
    "laptop": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "localhost",
        "PASSWORD": "laptop-only",
    },
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
