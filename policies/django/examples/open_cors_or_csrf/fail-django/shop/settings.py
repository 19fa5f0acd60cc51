INSTALLED_APPS = ["shop", "corsheaders"]
MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware"]
CORS_ALLOW_ALL_ORIGINS = True  # expect: django/open-cors-or-csrf
CORS_ALLOW_CREDENTIALS = True
CORS_ALLOWED_ORIGIN_REGEXES = [
    r"^https://.*$",  # expect: django/open-cors-or-csrf
    r"^https://.*\.shop\.example\.com$",
]
ROOT_URLCONF = "shop.urls"
