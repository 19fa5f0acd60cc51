import os

CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ALWAYS_EAGER = os.environ.get("CELERY_EAGER") == "1"
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
