from django.conf import settings

FEATURES = ("GIFTS", "RETURNS")


def state(name):
    return getattr(settings, name)


def gifts():
    return state("FEATURE_GIFTS"), state("FEATURE_RETURNS")
