import os

AWS_ACCESS_KEY_ID = os.environ["AWS_ACCESS_KEY_ID"]  # expect: iam/static-application-credentials
AWS_SECRET_ACCESS_KEY = os.environ["AWS_SECRET_ACCESS_KEY"]
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
