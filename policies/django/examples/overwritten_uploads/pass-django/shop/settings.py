STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {"bucket_name": "media", "file_overwrite": False},
    },
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
