"""The dated tables that djaws ships, one JSON file each. Every file says what it was read from (`about`) and when (`read`)."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

T = TypeVar("T")

Date = datetime.date


def load(name: str, kind: type[T]) -> T:
    """The table `name`, decoded as `kind`. Callers keep what they need: nothing is cached here."""
    return msgspec.json.decode((Path(__file__).parent / f"{name}.json").read_bytes(), type=kind)


# --- taggability


class TagPlace(msgspec.Struct, frozen=True, array_like=True):
    """The dotted path of a type's tags, and their shape: a list of Key and Value, a map, or `tag` blocks."""

    path: str
    shape: Literal["list", "map", "blocks"]


class Costly(msgspec.Struct, frozen=True):
    cloudformation: frozenset[str]
    terraform: frozenset[str]


class Taggability(msgspec.Struct, frozen=True):
    """Where tags go, by type. A type that is not here takes no tags, or is unknown.

    `without_default_tags` never get the provider's default_tags; `taggers` only tag another resource, named by that argument;
    `costly` types appear on the bill in their own right.
    """

    read: Date
    without_default_tags: frozenset[str]
    taggers: dict[str, str]
    costly: Costly
    cloudformation: dict[str, TagPlace]
    terraform: dict[str, TagPlace]


@cache
def taggability() -> Taggability:
    return load("taggability", Taggability)


# --- alarms


class AlarmedMetric(msgspec.Struct, frozen=True):
    """A metric that deserves an alarm: any of `any_of` will do.

    `unless` names what makes it needless, `only` what it is limited to, `when` the usual threshold, in words.
    """

    any_of: tuple[str, ...]
    when: str = ""
    unless: str = ""
    only: str = ""


class Alarmable(msgspec.Struct, frozen=True):
    """A kind of resource that CloudWatch measures. `dimensions` tie an alarm to it: any one that names it counts."""

    kind: str
    terraform: tuple[str, ...]
    cloudformation: tuple[str, ...]
    namespace: str
    dimensions: tuple[str, ...]
    required: tuple[AlarmedMetric, ...]
    recommended: tuple[AlarmedMetric, ...]
    source: str
    note: str = ""


class _Alarms(msgspec.Struct, frozen=True):
    kinds: tuple[Alarmable, ...]


@cache
def alarms() -> tuple[Alarmable, ...]:
    return load("alarms", _Alarms).kinds


# --- feature flags

#: The position or the name of the argument that names the flag; None when the call names none.
Argument = int | str | None


class FlagBackend(msgspec.Struct, frozen=True):
    """A feature flag library. Functions, decorators, mixins and overrides are keyed by their full dotted name.

    `methods` count only on an object that comes from `receiver`. `tags` and `template_calls` are for Django and Jinja
    templates, `script_calls` for JavaScript. `models`, `fixtures`, `commands` and `settings` declare flags.
    """

    name: str
    distribution: str
    module: str
    version_read: str = ""
    functions: dict[str, Argument] = {}
    decorators: dict[str, Argument] = {}
    mixins: dict[str, str] = {}
    urls: dict[str, Argument] = {}
    methods: dict[str, Argument] = {}
    receiver: str = ""
    tags: tuple[str, ...] = ()
    template_calls: dict[str, Argument] = {}
    script_calls: dict[str, Argument] = {}
    overrides: dict[str, Argument] = {}
    models: tuple[str, ...] = ()
    fixtures: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()
    urls_read: tuple[str, ...] = ()
    boto3: tuple[str, ...] = ()
    note: str = ""


class _Flags(msgspec.Struct, frozen=True):
    backends: tuple[FlagBackend, ...]


@cache
def flag_backends() -> tuple[FlagBackend, ...]:
    return load("flags", _Flags).backends


# --- lifecycles


class Source(msgspec.Struct, frozen=True, rename={"place": "from"}):
    """Where a table was read, and when."""

    place: str
    read: Date


class DatabaseEngine(msgspec.Struct, frozen=True):
    """A version series of a managed database. `version` is a prefix: `13` covers `13.14`.

    `charged_from` is the first day of the surcharge for extended support, None where the engine has none.
    """

    engine: str
    version: str
    standard_support_ends: Date
    extended_support_ends: Date | None
    charged_from: Date | None

    def covers(self, version: str) -> bool:
        return version == self.version or version.startswith(f"{self.version}.")


class Series(msgspec.Struct, frozen=True):
    """A release series of Django or Python, and the last day of its security support."""

    version: str
    ends: Date
    lts: bool = False


class LambdaRuntime(msgspec.Struct, frozen=True):
    """When a Lambda runtime is deprecated, and when functions on it can be created and updated no more. None: not announced."""

    deprecated: Date | None
    creation_ends: Date | None
    update_ends: Date | None
    successor: str | None


class InstanceFamily(msgspec.Struct, frozen=True):
    """An old instance family of a service (ec2, rds, elasticache, opensearch), and what replaced it."""

    service: str
    family: str
    successor: str


class VolumeType(msgspec.Struct, frozen=True):
    type: str
    successor: str
    why: str


class Lifecycles(msgspec.Struct, frozen=True):
    """When versions leave support. Every table has its source in `sources`."""

    sources: dict[str, Source]
    database_engines: tuple[DatabaseEngine, ...]
    django: tuple[Series, ...]
    python: tuple[Series, ...]
    lambda_runtimes: dict[str, LambdaRuntime]
    instance_families: tuple[InstanceFamily, ...]
    volume_types: tuple[VolumeType, ...]

    def database(self, engine: str, version: str) -> DatabaseEngine | None:
        """The series that holds this version of an engine, None when the table does not know it."""
        return next(
            (row for row in self.database_engines if row.engine == engine and row.covers(version)), None
        )


@cache
def lifecycles() -> Lifecycles:
    return load("lifecycles", Lifecycles)
