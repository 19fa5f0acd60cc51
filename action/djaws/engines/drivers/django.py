"""Runs Django's own check functions over settings that were evaluated, never imported."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import msgspec
from asgiref.local import Local
from django.conf import settings as django_settings
from django.core import checks as django_checks
from django.core.cache import caches
from django.core.checks import caches as cache_checks
from django.core.checks import translation as translation_checks
from django.core.checks import urls as url_checks
from django.core.checks.compatibility import django_4_0
from django.core.checks.security import base, csrf, sessions
from django.core.exceptions import ImproperlyConfigured

from djaws.engines import Unit
from djaws.engines.django_findings import SETTING_OF, Message, Placing
from djaws.engines.django_world import Undecidable, World, explore
from djaws.engines.drivers import django_live
from djaws.files import Tree
from djaws.finding import Finding, Output, Span, Undecided
from djaws.model.django.infer import Place
from djaws.model.django.project import Project
from djaws.model.django.settings import Settings
from djaws.model.value import Map, Unknown, Value

Check = Callable[..., list[django_checks.CheckMessage]]

#: What a check may raise on values of the wrong type. Django itself would stop there too.
_REFUSALS = (TypeError, ValueError, AttributeError, KeyError, IndexError, ImproperlyConfigured)

_DUMMY = "django.core.cache.backends.dummy.DummyCache"
_FILE_BASED = "django.core.cache.backends.filebased.FileBasedCache"

#: Modules whose checks ask nothing but settings, and the checks in them that ask more (engines.md says why each is left out).
_MODULES = (base, sessions, csrf, django_4_0)
_NEEDS_PROJECT = frozenset(
    {"check_csrf_failure_view", "check_language_settings_consistent", "check_csp_settings"}
)

#: The id to name where a check cannot even be run.
_FIRST_ID = {
    "check_security_middleware": "security.W001",
    "check_xframe_options_middleware": "security.W002",
    "check_csrf_middleware": "security.W003",
    "check_sts": "security.W004",
    "check_sts_include_subdomains": "security.W005",
    "check_content_type_nosniff": "security.W006",
    "check_ssl_redirect": "security.W008",
    "check_secret_key": "security.W009",
    "check_session_cookie_secure": "security.W012",
    "check_session_cookie_httponly": "security.W015",
    "check_csrf_cookie_secure": "security.W016",
    "check_debug": "security.W018",
    "check_xframe_deny": "security.W019",
    "check_allowed_hosts": "security.W020",
    "check_sts_preload": "security.W021",
    "check_referrer_policy": "security.W022",
    "check_cross_origin_opener_policy": "security.E024",
    "check_secret_key_fallbacks": "security.W025",
    "check_csrf_trusted_origins": "4_0.E001",
    "check_default_cache_is_configured": "caches.E001",
    "check_cache_location_not_exposed": "caches.W002",
    "check_file_based_cache_is_absolute": "caches.W003",
    "check_url_settings": "urls.E006",
    "check_setting_language_code": "translation.E001",
    "check_setting_languages": "translation.E002",
    "check_setting_languages_bidi": "translation.E003",
}


def run(root: str, units: tuple[Unit, ...]) -> list[Output]:
    return [_run(Path(root), unit) for unit in units]


def _run(root: Path, unit: Unit) -> Output:
    place = _place(unit)
    if not place.path:
        return Output(undecided=(Undecided("gate/unresolved-settings", place.at, place.because),))
    project = Project(Tree(root, unit.inputs), place)
    placing = Placing(project.settings, place, tuple(unit.options.get("nonproduction", ())))
    static = check(placing)
    if "live" not in unit.options:
        return static
    return django_live.run(
        root, place, placing, msgspec.convert(unit.options["live"], django_live.Order), static
    )


def _place(unit: Unit) -> Place:
    described = dict(unit.options["place"])
    described["at"] = Span(**described["at"]) if isinstance(described["at"], dict) else described["at"]
    for name in ("others", "roots", "requirements"):
        described[name] = tuple(described[name])
    return Place(**described, inputs=unit.inputs)


# --- static


def check(placing: Placing) -> Output:
    """What Django's deploy checks say about the settings, each on its line."""
    findings: list[Finding] = []
    undecided = list(placing.settings.undecided)
    for function in checks(placing.settings):
        leaves = explore(placing.settings, lambda world, function=function: _ask(function, world))  # type: ignore[misc]
        for verdict in placing.judge(leaves, _FIRST_ID.get(function.__name__, function.__name__)):
            if isinstance(verdict, Undecided):
                undecided.append(verdict)
            elif placing.applies(verdict.rule):
                findings.append(verdict)
    return Output(findings=tuple(findings), undecided=tuple(undecided))


def checks(settings: Settings) -> Iterator[Check]:
    """Django's check functions that can be judged from settings alone."""
    for module in _MODULES:
        for name, function in vars(module).items():
            is_own = type(function) is FunctionType and function.__module__ == module.__name__
            if is_own and name.startswith("check_") and name not in _NEEDS_PROJECT:
                yield function
    yield url_checks.check_url_settings
    yield translation_checks.check_setting_language_code
    yield translation_checks.check_setting_languages
    yield translation_checks.check_setting_languages_bidi
    yield cache_checks.check_default_cache_is_configured
    if _may_be_file_based(settings.get("CACHES")):
        yield cache_checks.check_cache_location_not_exposed
        yield cache_checks.check_file_based_cache_is_absolute


def _may_be_file_based(value: Value[Any]) -> bool:
    """Whether some cache is known to be file-based: only then do paths matter."""
    found = False
    for alternative in value.alternatives:
        entries = alternative.value.entries.values() if isinstance(alternative.value, Map) else ()
        for entry in entries:
            for cache in entry.alternatives:
                if isinstance(cache.value, Map):
                    found = found or bool(
                        cache.value.get("BACKEND").sometimes(lambda name: name == _FILE_BASED)
                    )
    return found


def _ask(function: Check, world: World) -> tuple[Message, ...]:
    """What one check says in one world."""
    django_settings._wrapped = _Holder(world)
    caches.__dict__.pop("settings", None)
    caches._connections = Local(caches.thread_critical)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = function(app_configs=None)
    except _REFUSALS as error:
        name = next(reversed(world.picked), "")
        span = world.picked[name].span if name else Span(world.settings.path)
        because = f"Django's check cannot judge it: {type(error).__name__}"
        raise Undecidable(Unknown(because, span), name) from None
    return tuple(message(one) for one in found)


def message(said: django_checks.CheckMessage) -> Message:
    """Django's message with its hint, about the setting that decides it."""
    text = f"{said.msg} {said.hint}" if said.hint else str(said.msg)
    id = said.id or "django.unnamed"
    setting = SETTING_OF.get(id, "")
    if id == "urls.E006":
        setting = "MEDIA_URL" if text.startswith("The MEDIA_URL") else "STATIC_URL"
    return Message(id, text, setting)


class _Holder:
    """Stands where Django keeps the settings it has loaded."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name: str) -> Any:
        if not name.isupper():
            raise AttributeError(name)
        value = self._world.read(name)
        if name == "CACHES" and isinstance(value, dict):
            return {alias: _cache(value[alias]) for alias in value}
        if value is None and name not in self._world.settings.names and not _is_known(name):
            raise AttributeError(name)
        return value


def _is_known(name: str) -> bool:
    from djaws.model.django.defaults import GLOBAL

    return name in GLOBAL


def _cache(entry: Any) -> dict[str, Any]:
    """A cache as far as checks ask: whose backend is not Django's file-based one stands for any other."""
    if not isinstance(entry, dict) or entry.get("BACKEND") != _FILE_BASED:
        return {"BACKEND": _DUMMY}
    return {"BACKEND": _FILE_BASED, "LOCATION": entry["LOCATION"]}
