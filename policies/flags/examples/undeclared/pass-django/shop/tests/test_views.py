from waffle import flag_is_active


def test_unknown_flags_are_off(request):
    assert not flag_is_active(request, "no-such-flag")
