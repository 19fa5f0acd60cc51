import os

INSTALLED_APPS = ["django.contrib.auth"]
ROOT_URLCONF = "urls"
LOGGING = {
    "version": 1,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {
        "handlers": ["console"],
        "level": os.environ["LOG_LEVEL"],  # undecided: monitoring/verbose-log-level
    },
    "loggers": {"django.db.backends": {"level": "WARNING"}, "shop.pricing": {"level": "DEBUG"}},
}
