# expect-file: flags/no-flag-system
import os

INSTALLED_APPS = ["shop"]
FEATURE_GIFTS = os.environ.get("FEATURE_GIFTS") == "1"
