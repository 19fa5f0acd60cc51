from waffle.middleware import WaffleMiddleware


class QuietWaffle(WaffleMiddleware):
    """Sets no cookie for robots."""
