import pytest
from waffle import switch_is_active


@pytest.mark.parametrize("name", ["one", "two"])
def test_off(name, cases):
    assert not switch_is_active(cases[name].flag)
