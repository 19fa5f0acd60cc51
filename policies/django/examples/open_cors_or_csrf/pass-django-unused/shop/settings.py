INSTALLED_APPS = ["shop"]
MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]
CORS_ALLOW_ALL_ORIGINS = True
ROOT_URLCONF = "shop.urls"
