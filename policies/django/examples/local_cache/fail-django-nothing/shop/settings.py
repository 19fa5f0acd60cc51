# expect-file: django/local-cache
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop", "axes"]
