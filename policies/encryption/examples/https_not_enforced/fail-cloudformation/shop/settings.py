MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
SECURE_SSL_REDIRECT = False
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
