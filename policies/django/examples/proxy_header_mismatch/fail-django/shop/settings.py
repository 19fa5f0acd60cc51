CSRF_TRUSTED_ORIGINS = [
    "https://shop.example.com",
    "http://shop.example.com",  # expect: django/proxy-header-mismatch
]
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
