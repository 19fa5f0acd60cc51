from shop_secrets import fetch

SECRET_KEY = fetch("django-key")  # undecided: iam/hardcoded-secret-key
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = []
