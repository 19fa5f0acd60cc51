SESSION_ENGINE = "django.contrib.sessions.backends.file"
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
