import ldclient
from openfeature import api
from UnleashClient import UnleashClient
from waffle import flag_is_active, switch_is_active

unleash = UnleashClient(url="https://unleash.example.com", app_name="shop")


def prices(request, context, default):
    client = api.get_client()
    return (
        client.get_boolean_value("new-prices", False)
        or client.get_boolean_value("club-prices", default)
        or client.get_string_value("currency", "EUR")
        or ldclient.get().variation("sale", context, False)
        or unleash.is_enabled("bulk")
        or unleash.is_enabled("stock", fallback_function=lambda name, context: False)
        or flag_is_active(request, "tips")
        or switch_is_active("help")
    )
