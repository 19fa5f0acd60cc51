import os

EMAIL_BACKEND = os.environ.get(  # undecided: django/development-email
    "EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend"
)
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
