from company.logging import handlers  # undecided: monitoring/unfit-production-logging

INSTALLED_APPS = ["django.contrib.auth"]
ROOT_URLCONF = "urls"
LOGGING = {"version": 1, "handlers": handlers, "root": {"handlers": ["out"], "level": "INFO"}}
