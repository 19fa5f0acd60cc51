INSTALLED_APPS = ["django.contrib.auth"]
ROOT_URLCONF = "urls"
LOGGING = {
    "version": 1,
    "handlers": {"out": {"class": "logging.FileHandler", "filename": "/dev/stdout"}},
    "root": {"handlers": ["out"], "level": "INFO"},
}
