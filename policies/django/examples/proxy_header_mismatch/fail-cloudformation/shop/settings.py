SECURE_SSL_REDIRECT = True  # expect: django/proxy-header-mismatch
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
