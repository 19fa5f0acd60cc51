import os

import environ  # type: ignore[import-not-found]

env = environ.Env(PAYMENT_API_KEY=(str, "pk-live-4711"))

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "c0ffee-but-secret")  # expect: iam/secret-with-fallback
PAYMENT_API_KEY = env("PAYMENT_API_KEY")  # expect: iam/secret-with-fallback
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": env("DATABASE_HOST", default="localhost"),
        "PASSWORD": env("DATABASE_PASSWORD", default="shop-on-laptops"),  # expect: iam/secret-with-fallback
    }
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
