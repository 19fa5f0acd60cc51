import subprocess

INSTALLED_APPS = ["shop"]
MIDDLEWARE = subprocess.check_output(["middleware"], text=True).split()  # undecided: django/debug-tooling
ROOT_URLCONF = "shop.urls"
