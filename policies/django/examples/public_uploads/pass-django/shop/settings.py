STORAGES = {
    "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": "media", "default_acl": None}},
    "staticfiles": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": "static", "default_acl": "public-read"}},
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
