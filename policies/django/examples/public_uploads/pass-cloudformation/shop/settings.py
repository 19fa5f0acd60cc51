import os

STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": os.environ["MEDIA_BUCKET"],
        },
    },
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
