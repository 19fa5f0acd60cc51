INSTALLED_APPS = ["django.contrib.auth"]
ROOT_URLCONF = "urls"
LOGGING = {
    "version": 1,
    "handlers": {
        "file": {  # expect: monitoring/unfit-production-logging
            "class": "logging.handlers.RotatingFileHandler",
            "filename": "/var/log/shop.log",
        },
    },
    "root": {"handlers": ["file"], "level": "INFO"},
}
