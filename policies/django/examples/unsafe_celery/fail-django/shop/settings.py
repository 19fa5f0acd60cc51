CELERY_TASK_ALWAYS_EAGER = True  # expect: django/unsafe-celery
CELERY_TASK_SERIALIZER = "pickle"  # expect: django/unsafe-celery
CELERY_ACCEPT_CONTENT = ["json", "pickle"]  # expect: django/unsafe-celery
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
