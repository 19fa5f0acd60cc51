STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",  # expect: django/overwritten-uploads
        "OPTIONS": {"bucket_name": "media"},
    },
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
