SECURE_SSL_REDIRECT = True
CSRF_TRUSTED_ORIGINS = ["https://shop.example.com", "http://localhost:8000"]
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
