from openfeature import api


def cart(request):
    return api.get_client().get_boolean_value("cart-v2", False)
