EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"  # expect: django/development-email
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
