import django

django.setup()

from waffle import switch_is_active  # noqa: E402

if switch_is_active("nightly-report"):
    print("…")
