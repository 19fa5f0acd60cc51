import os

INSTALLED_APPS = ["shop", *os.environ["APPS"].split(",")]
MIDDLEWARE = os.environ["MIDDLEWARE"].split(",")  # undecided: flags/miswired-backend
