from django.test import override_settings


@override_settings(FEATURE_LOUNGE=True)
def test_lounge(client): ...
