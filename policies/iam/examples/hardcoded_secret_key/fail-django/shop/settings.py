"""The only settings there are."""

# expect: iam/hardcoded-secret-key
SECRET_KEY = "x7!q0-never-rotated-k3y-from-the-first-commit"
# expect: iam/hardcoded-secret-key
SECRET_KEY_FALLBACKS = ["0lder-k3y-that-still-signs"]
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
