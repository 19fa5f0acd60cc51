from enum import Enum

CART = "cart"
BY_PAGE = {"map": "map-v2", "shop": "shop-v2"}


class Flag(Enum):
    TOUR = "tour"
