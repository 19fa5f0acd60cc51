from logging.config import *  # expect: django/unevaluated-settings

ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
