import os

ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "*").split(",")  # undecided: django/wildcard-allowed-hosts
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
