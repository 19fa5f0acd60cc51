"""Mails that nobody gets."""

from __future__ import annotations

from djaws.model.deployed import where
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from .model import once, place, production

_DEVELOPMENT = {
    f"django.core.mail.backends.{name}.EmailBackend": what
    for name, what in (
        ("console", "are printed"),
        ("filebased", "are written to files"),
        ("locmem", "stay in memory"),
        ("dummy", "are thrown away"),
    )
}


@policy(
    "Production sends mails to nobody, or in clear text",
    severity="medium",
    pillar="security",
    languages=("django",),
    advice=("A2.1",),
    source="Django: e-mail backends; Amazon SES: SMTP interface",
)
def development_email(system: System) -> Verdicts:
    """`EMAIL_BACKEND` of the production settings is one of Django's backends for development; or mails go to Amazon SES over SMTP
    with neither `EMAIL_USE_TLS` nor `EMAIL_USE_SSL`.

    What only a missing variable would bring about is undecided, unless the deployment certainly passes none. Silent for settings of
    laptops and tests, and for a backend that throws mails away on purpose (`dummy` written into production's own module).

    ## Why

    Password resets and order confirmations never arrive, and with the console backend their links are in the logs, where whoever
    reads logs can use them. SES refuses a login without TLS.

    ## Fix: Django

        EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        EMAIL_HOST = "email-smtp.eu-west-1.amazonaws.com"
        EMAIL_PORT = 587
        EMAIL_USE_TLS = True
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for each in production(system):
        backend = each.get("EMAIL_BACKEND")
        bad = backend.sometimes(lambda path: path in _DEVELOPMENT and not path.endswith("dummy.EmailBackend"))
        if bad:
            yield finding(
                bad[0].span,
                f"mails {_DEVELOPMENT[bad[0].value]} instead of being sent",
                subject="EMAIL_BACKEND",
                related=where(each),
                guard=bad[0].guard,
            )
            continue
        if backend.unknown:
            yield undecided(backend.unknown.span, backend.unknown.because)
        is_smtp = backend.always(lambda path: path == "django.core.mail.backends.smtp.EmailBackend")
        host = each.get("EMAIL_HOST")
        if is_smtp and host.always(lambda name: isinstance(name, str) and name.startswith("email-smtp.")):
            encryption = [each.get(name) for name in ("EMAIL_USE_TLS", "EMAIL_USE_SSL")]
            if all(value.always(lambda data: not data) for value in encryption):
                yield finding(
                    place(each, host),
                    "mails go to SES without TLS",
                    subject="EMAIL_USE_TLS",
                    related=where(each),
                )
