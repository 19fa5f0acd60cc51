import os

# expect: iam/hardcoded-secret-key
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "the-default-is-what-runs")
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
