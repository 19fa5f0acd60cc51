import os

DEBUG = os.environ.get("DEBUG") == "1"
ALLOWED_HOSTS = ["*"] if DEBUG else ["shop.example.com"]
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
