import os

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["DB_HOST"],
        "PASSWORD": os.environ["DB_PASSWORD"],
        "OPTIONS": {"sslmode": "verify-full", "sslrootcert": "/certs/rds.pem"},
    },
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
