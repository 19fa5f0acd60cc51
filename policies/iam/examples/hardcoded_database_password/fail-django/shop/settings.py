DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "shop.cluster-abc.eu-west-1.rds.amazonaws.com",
        "USER": "shop",
        "PASSWORD": "correct-horse-battery",  # expect: iam/hardcoded-database-password
    }
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
