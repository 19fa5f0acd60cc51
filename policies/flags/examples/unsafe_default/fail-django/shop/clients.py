import os

from flagsmith import Flagsmith
from flagsmith.models import DefaultFlag

bare = Flagsmith(environment_key=os.environ["FLAGSMITH_KEY"])  # expect: flags/unsafe-default
handled = Flagsmith(
    environment_key=os.environ["FLAGSMITH_KEY"],
    default_flag_handler=lambda name: DefaultFlag(enabled=False, value=None),
)
options = {"default_flag_handler": None}
unpacked = Flagsmith(environment_key="key", **options)
