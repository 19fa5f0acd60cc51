import ldclient
from flagsmith import Flagsmith
from openfeature import api
from UnleashClient import UnleashClient

unleash = UnleashClient(url="https://unleash.example.com", app_name="shop")
flagsmith = Flagsmith(environment_key="key")
features = api.get_client()


def prices(context, user):
    if ldclient.get().variation("dynamic-prices", context, False):  # expect: flags/undeclared
        return 1
    if unleash.is_enabled("bulk-prices"):  # expect: flags/undeclared
        return 2
    if flagsmith.get_identity_flags(user.id).is_feature_enabled("club-prices"):  # expect: flags/undeclared
        return 3
    return features.get_boolean_value("sale-prices", False)  # expect: flags/undeclared
