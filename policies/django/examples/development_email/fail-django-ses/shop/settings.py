EMAIL_HOST = "email-smtp.eu-west-1.amazonaws.com"  # expect: django/development-email
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
