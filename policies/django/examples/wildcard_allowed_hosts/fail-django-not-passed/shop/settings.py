import os

# expect: django/wildcard-allowed-hosts
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "*").split(",")
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
