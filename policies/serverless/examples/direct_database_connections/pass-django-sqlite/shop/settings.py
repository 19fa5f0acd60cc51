import os

SECRET_KEY = os.environ["SECRET_KEY"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": "shop",
        "HOST": os.environ["DATABASE_HOST"],
        "CONN_MAX_AGE": 600,
    }
}
