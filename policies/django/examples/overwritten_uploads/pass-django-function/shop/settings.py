STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {"bucket_name": "media"},
    },
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
