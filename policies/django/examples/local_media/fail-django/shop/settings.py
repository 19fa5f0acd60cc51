# expect-file: django/local-media
MEDIA_ROOT = "/app/media"
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
