import environ

env = environ.Env()

INSTALLED_APPS = ["waffle", "flags"]
FLAGS = {
    "SEARCH": [("boolean", True)],
    "SUGGESTIONS": [{"condition": "boolean", "value": False}],  # expect: flags/unused
}
FLAGS_STATE_LOGGING = True
ENABLE_CLUB = env.bool("ENABLE_CLUB", False)
ENABLE_NEWS = env.bool("ENABLE_NEWS", False)
ENABLE_MODULE = True
FEATURE_GIFTS = False
FEATURE_RETURNS = False
# expect: flags/unused
FEATURE_LOUNGE = env.bool(
    "FEATURE_LOUNGE",
    default=False,
)
MAIL_ENABLED = True
