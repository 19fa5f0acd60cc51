"""Builds one Stack for each Terraform root of a tree."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from djaws.files import Tree
from djaws.finding import Span, Undecided
from djaws.model.cloud import Provider, Resource, Stack, Unresolved
from djaws.model.terraform.files import Directory, Files
from djaws.model.terraform.module import Body, Module, Run
from djaws.model.terraform.scan import callees, root_directories, sketches, variable_files
from djaws.model.terraform.scope import Scope
from djaws.model.terraform.variables import Assignments, assignments
from djaws.model.value import Map, Value

#: Pure Python recursion costs no C stack from 3.11 on; deeper nesting than this becomes unknown.
RECURSION_LIMIT = 6_000


def load(
    tree: Tree, *, var_files: tuple[str, ...] = (), plans: tuple[str, ...] = ()
) -> tuple[tuple[Stack, ...], tuple[Undecided, ...]]:
    """A stack for each root, in order of paths, and an entry for each part of a file that could not be read.

    `var_files` and `plans` are paths in the tree. A var file belongs to the root around it, else to every root that declares
    one of its variables. A plan stands in for the root whose resources it holds.
    """
    with _deeper_recursion(), _no_collection():
        files = Files(tree)
        known = sketches(tree)
        graph = callees(tree, known)
        roots = root_directories(known, graph)
        nearby = variable_files(tree, roots)
        problems: list[Undecided] = []
        stacks = []
        for root in roots:
            given = _assignments(tree, files.directory(root), root, roots, nearby[root], var_files)
            problems += given.problems
            stacks.append(_Building(files, root, given).stack())
        if plans:
            from djaws.model.terraform.plan import planned

            stacks, refused = planned(tree, stacks, plans)
            problems += refused
        problems += files.problems.values()
    return tuple(stacks), tuple(sorted(set(problems), key=_order))


def _order(problem: Undecided) -> tuple[str, int, str]:
    return problem.span.path, problem.span.line or 0, problem.because


@contextmanager
def _deeper_recursion() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, RECURSION_LIMIT))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Building makes a million objects and no cycles: the collector would walk them all again and again.

    What was built is put out of the collector's sight; it still goes when nobody refers to it.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.enable()


def _assignments(
    tree: Tree,
    directory: Directory,
    root: str,
    roots: tuple[str, ...],
    nearby: tuple[str, ...],
    var_files: tuple[str, ...],
) -> Assignments:
    configured = [path for path in var_files if _concerns(path, root, roots)]
    return assignments(tree, root, nearby, configured, directory.variables)


def _concerns(path: str, root: str, roots: tuple[str, ...]) -> bool:
    """A var file inside a root's directory is that root's; one outside of all is anybody's."""
    around = [other for other in roots if not other or path.startswith(f"{other}/")]
    return not around or max(around, key=len) == root


class _Building:
    """One root on its way to a stack."""

    def __init__(self, files: Files, root: str, given: Assignments) -> None:
        self.files = files
        self.given = given
        run = Run(files, root)
        self.root = Module(run, run.directory(root), given=given)
        self.resources: list[Resource] = []
        self.providers: list[Provider] = []
        self.unresolved: list[Unresolved] = []
        self.paths: dict[str, None] = dict.fromkeys(given.files)

    def stack(self) -> Stack:
        self.visit(self.root)
        directory = self.root.directory
        span = self.span()
        return Stack(
            "terraform",
            directory.path,
            tuple(self.resources),
            span=span,
            providers=tuple(self.providers),
            unresolved=tuple(self.unresolved),
            parameters={
                name: self.root.variable(name, item.span) for name, item in directory.variables.items()
            },
            outputs={name: self.root.output(name, item.span) for name, item in directory.outputs.items()},
            meta=self.settings(),
            environments=self.given.environments,
            files=tuple(sorted(self.paths)),
        )

    def span(self) -> Span:
        """The file that stands for the root: main.tf, else its first."""
        names = sorted(self.root.directory.files)
        main = (name for name in names if name.rpartition("/")[2].startswith("main."))
        return Span(next(main, names[0] if names else self.root.directory.path))

    def visit(self, module: Module) -> None:
        self.paths.update(dict.fromkeys(module.directory.files))
        self.providers += module.own_providers.values()
        for problem in module.directory.problems:
            self.unresolved.append(
                Unresolved(problem.span.path, problem.because, problem.span, module.address)
            )
        for node in (*module.resources.values(), *module.data.values()):
            self.resources += node.build()
        for call in module.call_nodes.values():
            if call.target[0] is None:
                self.unresolved.append(call.unresolved())
                continue
            for inner in call.modules():
                self.visit(inner)

    def settings(self) -> Map:
        """The `terraform` blocks of the root: `backend` and `cloud` as lists of blocks, `required_version`, …."""
        entries: dict[str, Value[Any]] = {}
        for item in self.root.directory.settings:
            body = Body(
                self.root.run, item, Scope(self.root, item.path), self.root.memo, ("terraform", id(item))
            )
            entries.update({name: body.attribute(name) for name in body.names()})
        return Map(MappingProxyType(entries), None, self.span())
