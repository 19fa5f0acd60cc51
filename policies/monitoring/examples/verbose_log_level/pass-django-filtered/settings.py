import os

INSTALLED_APPS = ["django.contrib.auth"]
ROOT_URLCONF = "urls"
DEBUG = bool(os.environ.get("DEBUG"))
LOGGING = {
    "version": 1,
    "handlers": {"console": {"class": "logging.StreamHandler", "level": "INFO"}},
    "root": {"handlers": ["console"], "level": "DEBUG"},
    "loggers": {
        "django": {"level": "DEBUG" if DEBUG else "INFO"},
        "botocore": {"handlers": ["console"], "level": "DEBUG"},
    },
}
