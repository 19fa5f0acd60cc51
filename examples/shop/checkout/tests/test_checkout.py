from unittest import mock

from django.test import TestCase
from django.urls import reverse

from catalogue.models import Category, Product
from checkout import vouchers
from checkout.models import Order


class Checkout(TestCase):
    @classmethod
    def setUpTestData(cls):
        tea = Category.objects.create(name="Tea", slug="tea")
        cls.assam = Product.objects.create(
            category=tea, name="Assam", slug="assam", sku="T-1", price="4.50", stock=3, is_published=True
        )

    def test_a_guest_buys_what_is_in_the_basket(self):
        self.client.post(reverse("checkout:add", args=[self.assam.pk]))
        self.assertContains(self.client.get(reverse("checkout:cart")), "Assam")
        with mock.patch("checkout.payments.charge"), self.captureOnCommitCallbacks(execute=True):
            self.client.post(reverse("checkout:place"), {"email": "kim@shop.example"})
        order = Order.objects.get()
        self.assertEqual(order.state, Order.State.PAID)
        self.assertEqual(str(order.total), "4.50")

    def test_a_voucher_is_recognised_by_its_seal(self):
        self.assertTrue(vouchers.is_ours(vouchers.issue(10).code))
        self.assertFalse(vouchers.is_ours("MADEUPCODE-00000000"))
