from enum import Enum, StrEnum
from django.db.models import TextChoices

WISHLIST = "wishlist"


class Flag(StrEnum):
    REVIEWS = "reviews"


class Trial(Enum):
    BUNDLES = "bundles"


class Stage(TextChoices):
    BETA = "beta-shop", "The new shop"
