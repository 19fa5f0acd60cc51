import os

DEBUG = os.environ.get("DEBUG") == "1"
SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
PAYMENT_API_KEY = os.environ.get("PAYMENT_API_KEY", "")
WEBHOOK_SECRET = os.environ.get("WEBHOOK_SECRET")
SENTRY_DSN = os.environ.get("SENTRY_DSN", "https://public@sentry.example.com/1")
TOKEN_URL = os.environ.get("TOKEN_URL", "https://login.example.com/token")
STRIPE_PUBLISHABLE_KEY = os.environ.get("STRIPE_PUBLISHABLE_KEY", "pk_test_shop")
ACCESS_TOKEN_LIFETIME = os.environ.get("ACCESS_TOKEN_LIFETIME", "one-hour")
SECRET_PROVIDER_TOKEN = os.environ.get("SECRET_PROVIDER_TOKEN", "change-me")
if DEBUG:
    MAIL_PASSWORD = os.environ.get("MAIL_PASSWORD", "mailhog-takes-any")
else:
    MAIL_PASSWORD = os.environ["MAIL_PASSWORD"]
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
