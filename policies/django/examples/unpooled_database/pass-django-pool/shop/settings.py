DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "shop.internal",
        "OPTIONS": {"pool": {"min_size": 2}},
    },
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
