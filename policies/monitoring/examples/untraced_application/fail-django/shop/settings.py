# expect-file: monitoring/untraced-application
import sentry_sdk

INSTALLED_APPS = ["django.contrib.auth"]

# Errors only: nothing is sampled.
sentry_sdk.init(dsn="https://public@sentry.example.com/1", traces_sample_rate=0)
