"""The Celery application: `celery -A shop worker`."""

import os

try:
    from celery import Celery
except ModuleNotFoundError:  # type checks and `manage.py check` run with Django alone
    app = None
else:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.production")
    app = Celery("shop")
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.autodiscover_tasks()
