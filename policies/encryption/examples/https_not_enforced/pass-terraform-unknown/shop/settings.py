import subprocess

SECURE_SSL_REDIRECT = subprocess.check_output(["setting", "redirect"])  # undecided: encryption/https-not-enforced
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
