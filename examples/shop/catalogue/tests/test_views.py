from django.test import TestCase
from django.urls import reverse

from catalogue.models import Category, Product


class ProductPages(TestCase):
    @classmethod
    def setUpTestData(cls):
        tea = Category.objects.create(name="Tea", slug="tea")
        cls.assam = Product.objects.create(
            category=tea, name="Assam", slug="assam", sku="T-1", price="4.50", stock=3, is_published=True
        )
        Product.objects.create(category=tea, name="Draft", slug="draft", sku="T-2", price="9.00")

    def test_only_published_products_are_listed(self):
        page = self.client.get(reverse("catalogue:index"))
        self.assertContains(page, "Assam")
        self.assertNotContains(page, "Draft")

    def test_search_finds_by_name(self):
        self.assertContains(self.client.get(reverse("catalogue:index"), {"q": "Assam"}), "Assam")

    def test_a_product_page_shows_bold_reviews(self):
        self.assam.reviews.create(author="Kim", stars=5, text="*lovely*")
        self.assertContains(self.client.get(self.assam.get_absolute_url()), "<strong>lovely</strong>")

    def test_suggestions_are_names(self):
        answer = self.client.get(reverse("catalogue:suggest"), {"q": "As"})
        self.assertEqual(answer.json(), {"names": ["Assam"]})
