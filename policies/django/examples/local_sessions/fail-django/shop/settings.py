SESSION_ENGINE = "django.contrib.sessions.backends.cache"  # expect: django/local-sessions
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
