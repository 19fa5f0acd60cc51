import os

SECRET_KEY = "not-a-secret"
DEBUG = False
ALLOWED_HOSTS = os.environ["HOSTS"].split(",") # undecided: scaling/unrouted-health-check
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["django.contrib.staticfiles"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
