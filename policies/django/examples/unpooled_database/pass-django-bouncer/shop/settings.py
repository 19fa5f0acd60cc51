DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "pgbouncer.shop.internal"}}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
