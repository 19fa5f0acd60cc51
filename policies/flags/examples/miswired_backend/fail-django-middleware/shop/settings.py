from importlib.util import find_spec

INSTALLED_APPS = ["shop"]
if find_spec("waffle"):
    INSTALLED_APPS += ["waffle"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]  # expect: flags/miswired-backend
