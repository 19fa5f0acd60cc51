"""What sending an order costs."""

from decimal import Decimal

from shop.flags import switch_is_active

FREE_SHIPPING = switch_is_active("free-shipping")
FLAT_RATE = Decimal("3.95")


def cost(total):
    if FREE_SHIPPING and total >= 50:
        return Decimal(0)
    return FLAT_RATE
