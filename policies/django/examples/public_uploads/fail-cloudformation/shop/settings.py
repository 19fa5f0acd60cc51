import os

STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": os.environ["MEDIA_BUCKET"],
            "default_acl": "public-read",  # expect: django/public-uploads
        },
    },
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
