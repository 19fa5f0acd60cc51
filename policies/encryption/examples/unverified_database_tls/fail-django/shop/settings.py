DATABASES = {
    # expect: encryption/unverified-database-tls
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "shop.abc123.eu-west-1.rds.amazonaws.com",
    },
    "reports": {
        "ENGINE": "django.db.backends.mysql",
        "HOST": "reports.abc123.eu-west-1.rds.amazonaws.com",
        # expect: encryption/unverified-database-tls
        "OPTIONS": {"charset": "utf8mb4"},
    },
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
