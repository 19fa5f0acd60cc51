import os

import sentry_sdk

INSTALLED_APPS = ["django.contrib.auth"]

sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], traces_sample_rate=float(os.environ.get("SENTRY_RATE", "0.1")))
