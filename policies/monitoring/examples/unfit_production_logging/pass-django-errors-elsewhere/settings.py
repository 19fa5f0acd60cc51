import sentry_sdk

INSTALLED_APPS = ["django.contrib.auth"]
ROOT_URLCONF = "urls"
DEBUG = False

sentry_sdk.init(dsn="https://public@sentry.example.com/1")
