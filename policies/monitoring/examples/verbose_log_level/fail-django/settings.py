INSTALLED_APPS = ["django.contrib.auth"]
ROOT_URLCONF = "urls"
LOGGING = {
    "version": 1,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {
        "handlers": ["console"],
        "level": "DEBUG",  # expect: monitoring/verbose-log-level
    },
    "loggers": {
        "django.db.backends": {"level": "DEBUG"},  # expect: monitoring/verbose-log-level
        "shop": {"level": "DEBUG"},
    },
}
