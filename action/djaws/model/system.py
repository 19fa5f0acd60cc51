"""The System: the repository as a whole, where the AWS side, the Django side and the pipeline meet."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from djaws.config import FileConfig
from djaws.files import Tree
from djaws.finding import Undecided
from djaws.model.cloud import Resource, Stack, Unresolved, View

if TYPE_CHECKING:
    from djaws.change import Change
    from djaws.model.code import CodeFacts
    from djaws.model.django import Project
    from djaws.model.flags import Flags
    from djaws.model.pipeline import Pipeline
    from djaws.model.processes import Process

V = TypeVar("V", bound=View)


class System:
    """Everything djaws knows about one repository. Parts are built when a policy first asks for them.

    `as_of` is the day that dated data and expiries are judged by, `change` what is under review when that is known.
    """

    def __init__(
        self, tree: Tree, config: FileConfig, as_of: datetime.date, change: Change | None = None
    ) -> None:
        self.tree = tree
        self.config = config
        self.as_of = as_of
        self.change = change
        self.undecided: list[Undecided] = []

    @cached_property
    def stacks(self) -> tuple[Stack, ...]:
        from djaws.model import cloudformation
        from djaws.model.terraform import load as load_roots

        roots, unread = load_roots(self.tree, var_files=self.config.var_files, plans=self.config.plan)
        templates, unread_too = cloudformation.load(self.tree)
        self.undecided += [*unread, *unread_too]
        return (*roots, *templates)

    @cached_property
    def pipeline(self) -> Pipeline:
        from djaws.model import pipeline

        found = pipeline.load(self.tree)
        self.undecided += found.undecided
        return found

    @cached_property
    def projects(self) -> tuple[Project, ...]:
        from djaws.model import django

        return django.projects(self.tree, self.config)

    @cached_property
    def code(self) -> dict[str, CodeFacts]:
        """Facts of every Python file, by path."""
        from djaws.model import code

        found = code.load(self.tree)
        self.undecided += code.undecided(found)
        return found

    @cached_property
    def flags(self) -> Flags:
        from djaws.model import flags

        return flags.load(self)

    @cached_property
    def processes(self) -> tuple[Process, ...]:
        from djaws.model import processes

        return processes.processes(self.stacks, self.pipeline, self.tree)

    def each(self, view: type[V]) -> Iterator[V]:
        """Every resource of every stack that `view` reads."""
        for stack in self.stacks:
            yield from stack.each(view)

    def of_type(self, *types: str) -> Iterator[Resource]:
        for stack in self.stacks:
            yield from stack.of_type(*types)

    @cached_property
    def unresolved(self) -> tuple[Unresolved, ...]:
        """Modules and nested stacks that are not in the repository: they may hold anything."""
        return tuple(unresolved for stack in self.stacks for unresolved in stack.unresolved)
