import ldclient
from aws_lambda_powertools.utilities.feature_flags import FeatureFlags
from openfeature import api
from UnleashClient import UnleashClient
from waffle import flag_is_active, switch_is_active

unleash = UnleashClient(url="https://unleash.example.com", app_name="shop")
ON = True


def prices(request, context, store):
    client = api.get_client()
    return (
        client.get_boolean_value("new-prices", True)  # expect: flags/unsafe-default
        or client.get_boolean_details(flag_key="club", default_value=True)  # expect: flags/unsafe-default
        or ldclient.get().variation("sale", context, ON)  # expect: flags/unsafe-default
        or unleash.is_enabled("bulk", fallback_function=lambda name, context: True)  # expect: flags/unsafe-default
        or FeatureFlags(store=store).evaluate(name="webp", default=True)  # expect: flags/unsafe-default
        or client.get_boolean_value("payments-open", True)
        or client.get_boolean_value("done", True)
        or ldclient.get().variation("disable-new-search", context, True)
        or flag_is_active(request, "tips")
        or switch_is_active("payments-open")
    )
