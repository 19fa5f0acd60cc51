# expect-file: monitoring/unfit-production-logging
INSTALLED_APPS = ["django.contrib.auth"]
ROOT_URLCONF = "urls"
DEBUG = False
