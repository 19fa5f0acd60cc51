"""What is production's: names, paths and conditions that say non-production spare a resource or one of its branches."""

from __future__ import annotations

import re
from typing import Any

from djaws.errors import Refused
from djaws.finding import Span
from djaws.model.cloud import Resource, Stack
from djaws.model.system import System
from djaws.model.value import Guard, Unknown, Value

_PRODUCTION = frozenset({"prod", "production", "live", "prd"})
_LOCAL = frozenset({"local", "localstack", "ci", "demo", "example", "ephemeral"})
_NAMES = (
    "identifier",
    "cluster_identifier",
    "name",
    "replication_group_id",
    "DBInstanceIdentifier",
    "DBClusterIdentifier",
    "TableName",
    "ServiceName",
    "ReplicationGroupId",
    "AutoScalingGroupName",
)


def words(text: str) -> frozenset[str]:
    """The lower-case words of a name or path: `shop-devEU/api` is shop, dev, eu and api."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return frozenset(re.split(r"[^a-z0-9]+", spaced.lower())) - {""}


def is_nonproduction(text: str, system: System) -> bool:
    """Whether a name or path says non-production, and nothing in it says production."""
    found = words(text)
    return not found.isdisjoint(_LOCAL.union(system.config.nonproduction)) and found.isdisjoint(_PRODUCTION)


def is_spared(system: System, stack: Stack, resource: Resource) -> bool:
    """Whether the root's path, the resource's own name or the condition of its existence says non-production.

    A name that a variable decides is any environment's.
    """
    texts = [stack.path, resource.address]
    for name in _NAMES:
        value = resource.attr(name)
        texts += [str(alternative.value or "") for alternative in value.alternatives if not value.references]
    return any(is_nonproduction(text, system) for text in texts) or speaks_of_nonproduction(
        resource.guard, system
    )


def speaks_of_nonproduction(guard: Guard, system: System) -> bool:
    """Whether a condition holds only outside production: `var.env is "dev"`, `var.env is not "production"`, not IsProd."""
    return any(_is_outside(*term, system) for term in guard.terms)


def _is_outside(subject: str, equal: bool, values: frozenset[object], system: System) -> bool:
    if values <= {True, False}:
        holds = equal == (True in values)
        named = words(subject)
        if not named.isdisjoint(_PRODUCTION):
            return not holds
        return holds and not named.isdisjoint(system.config.nonproduction)
    if equal:
        return all(is_nonproduction(str(value), system) for value in values)
    return any(not words(str(value)).isdisjoint(_PRODUCTION) for value in values)


def in_production(value: Value[Any], system: System, stack: Stack) -> Value[Any]:
    """What a value can be in production: branches of other environments are left out, parameters stand at their defaults.

    Where the root's own variables choose non-production unless told otherwise, what is not written out is unknown.
    """
    kept = tuple(
        alternative
        for alternative in value.alternatives
        if not speaks_of_nonproduction(alternative.guard, system)
    )
    likely = tuple(alternative for alternative in kept if _is_likely(alternative.guard, stack)) or kept
    doubt = _default_environment(system, stack)
    if doubt is None:
        return Value(likely, value.unknown)
    written = tuple(each for each in likely if not each.written or not _is_chosen(each.span, system))
    return Value(written, value.unknown or (doubt if len(written) < len(likely) else None))


def _default_environment(system: System, stack: Stack) -> Unknown | None:
    """The variable that makes a root non-production by default, as the reason why what depends on it is unknown."""
    if stack.dialect != "terraform":
        return None
    for name, value in stack.parameters.items():
        text = value.only(None)
        if isinstance(text, str) and len(text) < 30 and is_nonproduction(text, system):
            return Unknown(
                f'it may differ in production: var.{name} is "{text}" unless set otherwise', value.span
            )
    return None


def _is_chosen(span: Span, system: System) -> bool:
    """Whether the lines of a value mention variables or locals, so that it is not written out."""
    if not span.path or span.line is None:
        return True
    try:
        lines = system.tree.text(span.path).split("\n")[span.line - 1 : span.end_line or span.line]
    except Refused:
        return True
    return any(re.search(r"\b(?:var|local|each|module|data|terraform)\.", line) for line in lines)


def _is_likely(guard: Guard, stack: Stack) -> bool:
    if stack.dialect == "terraform":
        return True
    for subject, equal, values in guard.terms:
        default = stack.parameters.get(subject, Value()).alternatives[:1]
        if default and (default[0].value in values) is not equal:
            return False
    return True
