from openfeature import api


def test_sale():
    assert api.get_client().get_boolean_value("new-prices", True)
