from waffle.testutils import override_flag, override_switch


@override_flag("newborn", active=True)
def test_newborn(client): ...


@override_switch("sales-open", active=True)
def test_open(client): ...


def each_off(names):
    for name in names():
        with override_switch(name, active=False):
            yield name
