import subprocess

SECRET_KEY = subprocess.check_output(["fetch", "django-key"], text=True)  # undecided: iam/hardcoded-secret-key
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
