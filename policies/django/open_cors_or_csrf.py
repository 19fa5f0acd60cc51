"""Sites that let every other site speak for their visitors."""

from __future__ import annotations

import re

from djaws.model.deployed import Deployed, where
from djaws.model.system import System
from djaws.model.value import Map
from djaws.policy import Verdicts, finding, policy

from .model import items, listed, once, serving

_SWITCHES = ("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL")
_PATTERNS = ("CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST")
_ANY = re.compile(r"^\^?(https?|https\?|\\w\+)?(://)?\(?\.[*+]\)?\$?$")


@policy(
    "Every origin may read answers, with the visitor's cookies or without",
    severity="high",
    pillar="security",
    languages=("django",),
    advice=("A2.1",),
    source="django-cors-headers: configuration; CWE-942",
)
def open_cors_or_csrf(system: System) -> Verdicts:
    """`CORS_ALLOW_ALL_ORIGINS` is on in the production settings, or a pattern among the allowed origins admits all; and
    django-cors-headers is installed.

    Critical together with `CORS_ALLOW_CREDENTIALS`; medium without, and low where the API knows no sessions (its authentication
    classes are set and `SessionAuthentication` is not among them). A missing `CsrfViewMiddleware` is `security.W003`.

    ## Why

    With credentials, any page that a visitor opens reads your site as that visitor. Without, it reads what is public, and whatever
    the visitor's network may see that the internet may not.

    ## Fix: Django

        CORS_ALLOWED_ORIGINS = ["https://shop.example.com"]
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for each in serving(system):
        if not _is_active(each):
            continue
        credentials = each.get("CORS_ALLOW_CREDENTIALS").always(lambda data: data is True)
        severity = "critical" if credentials else "medium" if _has_sessions(each) else "low"
        for name in _SWITCHES:
            for one in each.get(name).sometimes(lambda data: data is True)[:1]:
                yield finding(
                    one.span,
                    f"{name} lets every site read answers" + (" as the visitor" if credentials else ""),
                    subject=name,
                    severity=severity,
                    related=where(each),
                    guard=one.guard,
                )
        for name in _PATTERNS:
            for pattern in listed(each, each.get(name))[0]:
                if isinstance(pattern.value, str) and _ANY.match(pattern.value):
                    yield finding(
                        pattern.span,
                        f"{name} admits every site",
                        subject=name,
                        severity=severity,
                        guard=pattern.guard,
                    )


def _is_active(each: Deployed) -> bool:
    return any(str(one.value).startswith("corsheaders.") for one in items(each, "MIDDLEWARE")[0])


def _has_sessions(each: Deployed) -> bool:
    """Whether the API may know who visits by a cookie: Django REST framework's default does."""
    for alternative in each.get("REST_FRAMEWORK").alternatives:
        if isinstance(alternative.value, Map):
            classes = alternative.value.get("DEFAULT_AUTHENTICATION_CLASSES")
            found, unknown = listed(each, classes)
            if found and not unknown and not any("SessionAuth" in str(one.value) for one in found):
                return False
    return True
