from functools import lru_cache

from django.apps import AppConfig
from UnleashClient import UnleashClient


class ShopConfig(AppConfig):
    def ready(self):
        self.client = UnleashClient(url="https://unleash.example.com", app_name="shop")


@lru_cache
def client_of(request):
    return UnleashClient(url="https://unleash.example.com", app_name=request)
