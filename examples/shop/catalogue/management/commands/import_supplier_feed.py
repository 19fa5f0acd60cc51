"""Reads the nightly stock feed of a supplier: `manage.py import_supplier_feed feed.xml`."""

import xml.etree.ElementTree as ElementTree
from decimal import Decimal

from django.core.management.base import BaseCommand
from django.db import transaction

from catalogue.models import Product


class Command(BaseCommand):
    help = "Update stock and prices from a supplier's XML feed."

    def add_arguments(self, parser):
        parser.add_argument("feed")

    @transaction.atomic
    def handle(self, *args, feed, **options):
        updated = 0
        for item in ElementTree.parse(feed).getroot().iter("item"):
            updated += Product.objects.filter(sku=item.get("sku")).update(
                stock=int(item.findtext("stock", "0")),
                price=Decimal(item.findtext("price", "0")),
            )
        self.stdout.write(f"{updated} products updated")
