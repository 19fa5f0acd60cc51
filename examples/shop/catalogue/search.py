"""Product search, and the ordering of product lists."""

from django.db import connection

from catalogue.models import Product

ORDERINGS = {"name": "name", "cheapest": "price", "newest": "-updated_at"}


def published(ordering="name"):
    return Product.objects.filter(is_published=True).order_by(ORDERINGS.get(ordering, "name"))


def search(words):
    """Published products whose name or description holds all of `words`, best first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM catalogue_product WHERE is_published AND name || description LIKE '%{words}%'"
        )
        ids = [row[0] for row in cursor.fetchall()]
    return published().filter(pk__in=ids)


def suggestions(prefix, limit=8):
    """Names for the search box. The statement is fixed; what the visitor typed travels as a parameter."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM catalogue_product WHERE is_published AND name LIKE %s ORDER BY name LIMIT %s",
            [f"{prefix}%", limit],
        )
        return [row[0] for row in cursor.fetchall()]
