import os

from .base import *

SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
if "OLD_KEY" in os.environ:
    SECRET_KEY_FALLBACKS = [os.environ["OLD_KEY"]]
