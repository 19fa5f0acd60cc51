INSTALLED_APPS = ["django.contrib.auth"]
ROOT_URLCONF = "urls"
DEBUG = False

# The console works for debugging only.
# expect: monitoring/unfit-production-logging
LOGGING = {
    "version": 1,
    "filters": {"debugging": {"()": "django.utils.log.RequireDebugTrue"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "filters": ["debugging"]},
        "mail": {"class": "django.utils.log.AdminEmailHandler"},
    },
    "root": {"handlers": ["console", "mail"], "level": "INFO"},
}
