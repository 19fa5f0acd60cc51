import os

ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "*").split(",")
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
