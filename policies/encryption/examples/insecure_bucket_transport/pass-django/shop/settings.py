import os

AWS_S3_ENDPOINT_URL = "http://minio:9000"
AWS_S3_USE_SSL = False
AWS_S3_VERIFY = os.environ.get("CA_BUNDLE")
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
