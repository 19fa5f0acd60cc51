"""The basket: in the session while the visitor shops, in a cookie when they come back."""

import base64
import pickle

from catalogue.models import Product

COOKIE = "basket"


class Cart:
    def __init__(self, request):
        self._session = request.session
        self._quantities = self._session.get(COOKIE) or _remembered(request)

    def add(self, product, quantity=1):
        key = str(product.pk)
        self._quantities[key] = self._quantities.get(key, 0) + quantity
        self._session[COOKIE] = self._quantities

    def clear(self):
        self._quantities = {}
        self._session.pop(COOKIE, None)

    def lines(self):
        for product in Product.objects.filter(pk__in=self._quantities, is_published=True):
            yield product, self._quantities[str(product.pk)]

    def total(self):
        return sum(product.price * quantity for product, quantity in self.lines())

    def remember(self, response):
        """Keeps the basket for 30 days."""
        packed = base64.urlsafe_b64encode(pickle.dumps(self._quantities)).decode()
        response.set_cookie(COOKIE, packed, max_age=30 * 24 * 3600, secure=True, httponly=True, samesite="Lax")


def _remembered(request):
    packed = request.COOKIES.get(COOKIE)
    return pickle.loads(base64.urlsafe_b64decode(packed)) if packed else {}
