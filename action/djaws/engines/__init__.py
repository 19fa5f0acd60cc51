"""The engines: Checkov, cfn-lint, Bandit, Django's checks, and djaws' own policies.

An engine is a module here that satisfies `Engine`: it plans units, without importing the engine's library. Its driver of the
same name in `engines.drivers` runs them, inside a worker process (`djaws.worker`) that is the only place where the library
is imported and a stranger's file is parsed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

import msgspec

if TYPE_CHECKING:
    from djaws.config import Config
    from djaws.files import Tree
    from djaws.finding import Output

ENGINES = ("djaws", "checkov", "cfn-lint", "bandit", "django")


class Unit(msgspec.Struct, frozen=True):
    """The smallest piece of an engine's work that is run, cached and limited in time on its own.

    `inputs` are the paths whose contents decide the outcome, in a fixed order; `options` whatever else does, as plain JSON
    data (never an absolute path). `pool` separates units that must not share a worker. `weight` estimates the cost in bytes.
    """

    engine: str
    id: str
    inputs: tuple[str, ...]
    options: dict[str, Any] = {}
    pool: str = ""
    weight: int = 0


class Engine(Protocol):
    """What a module in this package provides."""

    #: How many units may travel to a worker at once (1 where each is expensive).
    BATCH: int

    def version(self) -> str | None:
        """The installed version, None when the engine is missing. Reads metadata only."""

    def plan(self, tree: Tree, config: Config) -> tuple[Unit, ...]:
        """The units for these files. Empty when no file concerns the engine."""

    def scope(self, units: tuple[Unit, ...]) -> tuple[str, ...]:
        """The kinds of files the units cover, in the engine's own words (Checkov's framework names)."""


class Driver(Protocol):
    """What a module in `engines.drivers` provides. Imported in workers only."""

    def run(self, root: str, units: tuple[Unit, ...]) -> list[Output]:
        """One output for each unit, in order. `root` is the absolute directory that paths are relative to."""


def engine(name: str) -> Engine:
    return cast(Engine, import_module(f"djaws.engines.{name.replace('-', '_')}"))


def driver(name: str) -> Driver:
    return cast(Driver, import_module(f"djaws.engines.drivers.{name.replace('-', '_')}"))
