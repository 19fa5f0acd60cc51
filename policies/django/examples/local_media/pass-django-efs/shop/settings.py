MEDIA_ROOT = "/mnt/media"
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
