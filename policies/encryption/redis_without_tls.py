"""Redis that is talked to in clear text, or without looking at its certificate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from djaws.errors import Refused
from djaws.finding import Span
from djaws.model.deployed import Deployed, deployments
from djaws.model.system import System
from djaws.model.value import Map, Seq, Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import RedisGroup, groups_behind, once, scheme


@policy(
    "Redis is reached in clear text, or its certificate is not checked",
    severity="medium",
    confidence="medium",
    pillar="security",
    languages=("terraform", "cloudformation", "django"),
    advice=("A2.6",),
    source="AWS Security Hub ElastiCache.5",
)
def redis_without_tls(system: System) -> Verdicts:
    """`CACHES`, Celery or Channels use an ElastiCache group that has `transit_encryption_enabled` off; or they ask for `redis://` where
    the group wants TLS, or for `rediss://` where it has none; or they name `redis://….cache.amazonaws.com`, or switch the check of the
    certificate off (`ssl_cert_reqs` of None).

    The address is followed from the setting through the task's environment to the group. Silent for Redis on the same host or in
    the next container; undecided where the encryption is not known.

    ## Why

    Sessions, login tokens and the arguments of tasks pass through Redis. Without TLS they are readable in the network, without a
    check of the certificate to everybody who puts themselves between. Where only one side speaks TLS nothing works at all.

    ## Fix: Terraform

        transit_encryption_enabled = true

    ## Fix: CloudFormation

        TransitEncryptionEnabled: true

    ## Fix: Django

        CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "rediss://…"}}
        CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    """
    yield from once(_all(system))


@dataclass(frozen=True)
class _Use:
    """A place of the settings that names a Redis server."""

    name: str
    url: Value[Any]


def _all(system: System) -> Verdicts:
    for each in deployments(system):
        if each.is_workplace:
            continue
        for use in _uses(each):
            yield from _of_use(each, use)
        yield from _unchecked(each, system)


def _uses(each: Deployed) -> Iterator[_Use]:
    for alias, cache in each.entries(each.get("CACHES")):
        backend = each.inside(cache, "BACKEND")
        if backend.sometimes(lambda text: isinstance(text, str) and "redis" in text.lower()):
            yield from _listed(f"CACHES.{alias}", each.inside(cache, "LOCATION"))
    for name in ("CELERY_BROKER_URL", "BROKER_URL", "CELERY_RESULT_BACKEND", "RESULT_BACKEND"):
        yield from _listed(name, each.get(name))
    for alias, layer in each.entries(each.get("CHANNEL_LAYERS")):
        yield from _listed(f"CHANNEL_LAYERS.{alias}", each.inside(layer, "CONFIG", "hosts"))


def _listed(name: str, value: Value[Any]) -> Iterator[_Use]:
    yield _Use(name, value)
    for alternative in value.alternatives:
        if isinstance(alternative.value, Seq):
            for item in alternative.value.items:
                yield _Use(name, item)
        elif isinstance(alternative.value, Map) and "address" in alternative.value.entries:
            yield _Use(name, alternative.value.get("address"))


def _of_use(each: Deployed, use: _Use) -> Verdicts:
    asked = scheme(use.url)
    if asked not in ("redis", "rediss"):
        return
    for group in groups_behind(each.process.stack if each.process else None, use.url):
        yield from _of_group(group, use, asked)
    for alternative in use.url.alternatives:
        if isinstance(alternative.value, str) and re.match(
            r"redis://[^/]*\.cache\.amazonaws\.com", alternative.value
        ):
            yield finding(
                alternative.span,
                f"{use.name} reaches ElastiCache in clear text",
                subject=use.name,
                guard=alternative.guard,
            )


def _of_group(group: RedisGroup, use: _Use, asked: str) -> Verdicts:
    transit = group.transit
    where = use.url.span
    if transit.always(lambda is_on: not is_on):
        if group.engine.sometimes(lambda name: name == "valkey") and not any(
            a.written for a in transit.alternatives
        ):
            return
        broken = "; it is asked for with rediss://, which cannot work" if asked == "rediss" else ""
        written = transit.alternatives[0].written and transit.span.path
        yield finding(
            transit.span if written else group.span,
            f"{group.subject} does not encrypt what {use.name} sends it{broken}",
            subject=group.subject,
            block=group.resource.block,
            related=[(where, f"{use.name} asks for {asked}://")],
        )
    elif transit.always(bool) and asked == "redis" and group.mode.always(lambda mode: mode == "required"):
        yield finding(
            where,
            f"{use.name} asks for redis:// and {group.subject} wants TLS",
            subject=use.name,
            related=[(transit.span, "TLS is required here")],
        )
    elif transit.unknown:
        yield undecided(transit.unknown.span, transit.unknown.because)


# --- certificates


def _unchecked(each: Deployed, system: System) -> Verdicts:
    for name, value in _verifications(each):
        for alternative in value.alternatives:
            is_off = alternative.value in ("none", "CERT_NONE", 0, False) or (
                alternative.value is None and alternative.written
            )
            if is_off:
                yield _laxity(alternative.span, name)
        if value.unknown and not value.alternatives and _says(system, value.unknown.span, "CERT_NONE"):
            yield _laxity(value.unknown.span, name)
    for use in _uses(each):
        for alternative in use.url.alternatives:
            if isinstance(alternative.value, str) and re.search(
                r"^rediss://.*[?&]ssl_cert_reqs=(none|CERT_NONE)\b", alternative.value
            ):
                yield _laxity(alternative.span, use.name)


def _laxity(span: Span, name: str) -> Any:
    return finding(span, f"{name} does not look at the certificate of Redis", subject=name)


def _verifications(each: Deployed) -> Iterator[tuple[str, Value[Any]]]:
    for alias, cache in each.entries(each.get("CACHES")):
        for path in (("OPTIONS",), ("OPTIONS", "CONNECTION_POOL_KWARGS")):
            yield from _written(f"CACHES.{alias}", each.inside(cache, *path))
    for name in ("CELERY_BROKER_USE_SSL", "BROKER_USE_SSL", "CELERY_REDIS_BACKEND_USE_SSL"):
        yield from _written(name, each.get(name))


def _written(name: str, options: Value[Any]) -> Iterator[tuple[str, Value[Any]]]:
    """What is written for the check: None means none, absence means the default, which checks."""
    for alternative in options.alternatives:
        if isinstance(alternative.value, Map) and "ssl_cert_reqs" in alternative.value.entries:
            yield name, alternative.value.entries["ssl_cert_reqs"].when(alternative.guard)


def _says(system: System, span: Span, text: str) -> bool:
    try:
        lines = system.tree.text(span.path).split("\n") if span.path in system.tree else []
    except Refused:
        return False
    return bool(span.line and span.line <= len(lines) and text in lines[span.line - 1])
