INSTALLED_APPS = ["waffle"]
MIDDLEWARE = []
# Nothing asks for a flag, and the only switch is one that closes the shop.
WAFFLE_FLAG_DEFAULT = True
WAFFLE_SWITCH_DEFAULT = True
