from .base import *

SECRET_KEY = "only-for-tests"
