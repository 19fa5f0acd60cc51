import os

DEBUG = os.environ.get("DEBUG") == "1"
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]

if DEBUG:
    SECRET_KEY = "only-on-a-laptop"
else:
    SECRET_KEY = os.environ["SECRET_KEY"]
