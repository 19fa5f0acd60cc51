DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",  # expect: django/local-database
        "NAME": "db.sqlite3",
    },
    "legacy": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "localhost",  # expect: django/local-database
    },
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
