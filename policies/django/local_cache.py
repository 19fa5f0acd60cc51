"""Caches that each process has for itself."""

from __future__ import annotations

from djaws.model.deployed import Deployed
from djaws.model.system import System
from djaws.model.value import Map
from djaws.policy import Verdicts, finding, policy, undecided

from .model import copies, items, once, place, serving, workers

#: Apps and middleware that count or remember in the default cache for everybody.
_RELYING = {
    "waffle": "django-waffle",
    "axes": "django-axes",
    "django_ratelimit": "django-ratelimit",
    "ratelimit": "django-ratelimit",
    "defender": "django-defender",
    "constance": "django-constance",
}


@policy(
    "Default cache belongs to each process alone",
    severity="medium",
    pillar="performance",
    languages=("django",),
    advice=("A8.2",),
    source="Django: the cache framework, local-memory caching",
)
def local_cache(system: System) -> Verdicts:
    """The default cache of the production settings is LocMem, files, or Django's default (LocMem), and several tasks, or several workers
    of one, run.

    High when rate limits, login throttling or flags rely on it; low when the project sets no `CACHES` at all and nothing is known
    to use it. Silent for secondary caches, for a cache that is switched off on purpose (`DummyCache`), and for one process.

    ## Why

    Every worker fills and empties a cache of its own: a deleted entry lives on in the others, a limit of five attempts is five for
    each worker, and a new task begins with nothing.

    ## Fix: Django

        CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ["REDIS_URL"]}}
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for each in serving(system):
        several = copies(each) or workers(each)
        if several is None:
            continue
        caches = each.get("CACHES")
        backend = each.inside(caches, "default", "BACKEND")
        if backend.always(_is_own):
            relying = _relying(each)
            is_written = any(alternative.written for alternative in caches.alternatives)
            yield finding(
                place(each, backend),
                "the default cache belongs to each process alone"
                + (f", and {relying} relies on it" if relying else ""),
                subject="CACHES",
                severity="high" if relying else None if is_written or _is_used(system, each) else "low",
                related=[(several[1], "several processes of it can run")],
            )
        elif backend.unknown:
            yield undecided(backend.unknown.span, backend.unknown.because)


def _is_own(path: object) -> bool:
    return isinstance(path, str) and path.rpartition(".")[2] in ("LocMemCache", "FileBasedCache")


def _relying(each: Deployed) -> str:
    installed, _ = items(each, "INSTALLED_APPS")
    for one in installed:
        name = str(one.value).partition(".")[0]
        if name in _RELYING:
            return _RELYING[name]
    rest = each.get("REST_FRAMEWORK")
    for alternative in rest.alternatives:
        if isinstance(alternative.value, Map):
            classes = alternative.value.get("DEFAULT_THROTTLE_CLASSES")
            if classes.sometimes(bool):
                return "the throttling of Django REST framework"
    return ""


def _is_used(system: System, each: Deployed) -> bool:
    root = each.project.root
    return any(
        facts.does_import("django.core.cache", "django.views.decorators.cache")
        for path, facts in system.code.items()
        if not facts.is_test and (not root or path.startswith(f"{root}/"))
    )
