INSTALLED_APPS = ["shop", "corsheaders"]
MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware"]
CORS_ALLOWED_ORIGINS = ["https://shop.example.com"]
CORS_ALLOWED_ORIGIN_REGEXES = [r"^https://\w+\.shop\.example\.com$"]
CORS_ALLOW_CREDENTIALS = True
ROOT_URLCONF = "shop.urls"
