import os
import subprocess

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "shop.abc123.eu-west-1.rds.amazonaws.com",
        "OPTIONS": {"sslmode": "verify-ca", "sslrootcert": "/certs/rds.pem"},
    },
    "given": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "given.abc123.eu-west-1.rds.amazonaws.com",
        "OPTIONS": subprocess.run(["database-options"], capture_output=True),  # undecided: encryption/unverified-database-tls
    },
    "pooled": {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1"},
    "elsewhere": {"ENGINE": "django.db.backends.postgresql", "HOST": os.environ["ELSEWHERE"]},
    "reports": {
        "ENGINE": "django.db.backends.mysql",
        "HOST": "reports.abc123.eu-west-1.rds.amazonaws.com",
        "OPTIONS": {"ssl": {"ca": "/certs/rds.pem"}},
    },
}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
