SECRET_KEY = "replaced-in-production"
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
