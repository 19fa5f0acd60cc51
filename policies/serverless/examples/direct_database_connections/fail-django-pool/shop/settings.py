import os

SECRET_KEY = os.environ["SECRET_KEY"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop",
        "HOST": os.environ["DATABASE_HOST"],
        "OPTIONS": {"pool": True}, # expect: serverless/direct-database-connections
    }
}
