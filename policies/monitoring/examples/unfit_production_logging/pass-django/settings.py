INSTALLED_APPS = ["django.contrib.auth"]
ROOT_URLCONF = "urls"
LOGGING = {
    "version": 1,
    "handlers": {
        "file": {"class": "logging.FileHandler", "filename": "/var/log/shop.log"},
        "console": {"class": "logging.StreamHandler"},
    },
    "root": {"handlers": ["file", "console"], "level": "INFO"},
}
