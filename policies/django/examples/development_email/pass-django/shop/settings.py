import os

DEBUG = os.environ.get("DEBUG") == "1"
EMAIL_HOST = "email-smtp.eu-west-1.amazonaws.com"
EMAIL_USE_TLS = True
if DEBUG:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
