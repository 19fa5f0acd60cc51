import pytest
from waffle.testutils import override_flag, override_sample, override_switch

from shop.names import TIPS


@override_flag("cart-v2", active=True)  # expect: flags/untested-branch
def test_cart(client): ...


@override_flag(TIPS, active=False)  # expect: flags/untested-branch
def test_without_tips(client): ...


def test_sales(client):
    with override_switch("sales-open", True):  # expect: flags/untested-branch
        client.get("/")


@override_flag("both", active=True)
def test_both_on(client): ...


@override_flag(name="both", active=False)
def test_both_off(client): ...


@pytest.mark.parametrize("on", [True, False])
def test_parametrised(client, on):
    with override_flag("parametrised", active=on):
        client.get("/")


@override_sample("slow-log", active=50)
def test_log(client): ...


@override_flag("flag-of-a-library", active=True)
def test_library(client): ...
