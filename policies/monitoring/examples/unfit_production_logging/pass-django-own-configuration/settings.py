import logging.config

INSTALLED_APPS = ["django.contrib.auth"]
ROOT_URLCONF = "urls"
LOGGING_CONFIG = None

logging.config.fileConfig("logging.ini")
