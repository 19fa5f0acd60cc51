import ldclient
from django.views import View
from UnleashClient import UnleashClient


def page(request):
    client = UnleashClient(url="https://unleash.example.com", app_name="shop")  # expect: flags/miswired-backend
    client.initialize_client()
    return client.is_enabled("tips")


class Page(View):
    def get(self, request):
        client = ldclient.LDClient(ldclient.Config("key"))  # expect: flags/miswired-backend
        return client.variation("map", {"key": request.user.id}, False)
