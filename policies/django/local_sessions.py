"""Sessions that only one of several copies knows."""

from __future__ import annotations

from typing import Any

from djaws.finding import Span
from djaws.model.deployed import Deployed
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import copies, once, place, serving

_CACHED = "django.contrib.sessions.backends.cache"
_FILE = "django.contrib.sessions.backends.file"


@policy(
    "Sessions are kept by one copy of the application",
    severity="high",
    pillar="reliability",
    languages=("django",),
    advice=("A8.1",),
    source="Django: configuring the session engine",
)
def local_sessions(system: System) -> Verdicts:
    """`SESSION_ENGINE` keeps sessions in files, or in a cache that each process has for itself (LocMem, Dummy, files), and more than
    one task can run.

    Sessions in the database, `cached_db` and signed cookies are good. Undecided where the cache is not known; silent where nothing
    says that there are several tasks.

    ## Why

    The visitor logs in with one task, and the next request reaches another that has never seen them. Sticky sessions hide that until
    the next deployment.

    ## Fix: Django

        SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for each in serving(system):
        several = copies(each)
        if several is None:
            continue
        engine = each.get("SESSION_ENGINE")
        related = [(several[1], "several of it can run")]
        if engine.always(lambda name: name == _FILE):
            yield _fault(each, engine, "in files of each task", related)
        elif engine.always(lambda name: name == _CACHED):
            yield from _of_cache(each, engine, related)
        elif engine.unknown:
            yield undecided(engine.unknown.span, engine.unknown.because)


def _of_cache(each: Deployed, engine: Value[Any], related: list[tuple[Span, str]]) -> Verdicts:
    alias = each.get("SESSION_CACHE_ALIAS").only("default") or "default"
    backend = each.inside(each.get("CACHES"), str(alias), "BACKEND")
    if backend.always(is_own):
        yield _fault(each, engine, f"in the cache {alias!r}, which each process has for itself", related)
    elif backend.unknown:
        yield undecided(backend.unknown.span, backend.unknown.because)


def is_own(path: object) -> bool:
    """Whether each process, or each host, has a cache of its own."""
    return isinstance(path, str) and path.rpartition(".")[2] in (
        "LocMemCache",
        "DummyCache",
        "FileBasedCache",
    )


def _fault(each: Deployed, engine: Value[Any], what: str, related: list[tuple[Span, str]]) -> Any:
    return finding(
        place(each, engine), f"sessions are kept {what}", subject="SESSION_ENGINE", related=related
    )
