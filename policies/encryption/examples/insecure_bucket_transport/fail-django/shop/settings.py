AWS_S3_URL_PROTOCOL = "http:"  # expect: encryption/insecure-bucket-transport
AWS_S3_USE_SSL = False  # expect: encryption/insecure-bucket-transport
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
