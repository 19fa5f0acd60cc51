"""Where an expression is evaluated: the module instance, the file, and the names bound around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from djaws.finding import Span
from djaws.model.terraform.syntax import Node
from djaws.model.value import Value

MAX_SUBJECT = 100
_DOTTED = re.compile(r"[\w.\-\[\]\"*]+")


class Surroundings(Protocol):
    """What an expression can refer to: the module instance it stands in."""

    @property
    def address(self) -> str:
        """`module.web`, or an empty string for the root."""

    def name(self, root: str, rest: tuple[str, ...], span: Span) -> tuple[Value[Any], int]:
        """What `root.rest…` names, and how many of `rest` were used up to name it."""

    def local_expression(self, name: str) -> tuple[Node, Scope] | None:
        """The expression of a local value and where it stands."""

    def read_file(self, path: str) -> str | None:
        """The text of a file of the repository, given as Terraform would read it."""

    def has_file(self, path: str) -> bool:
        """Whether that file is there."""

    def matching_files(self, folder: str, pattern: str) -> list[str] | None:
        """What `fileset` finds, None when it cannot be known."""


@dataclass(frozen=True, slots=True)
class Scope:
    """`names` are bound by comprehensions, `each`, `count` and iterators; `label` tells two such bindings apart in guards.

    `at` overrides the places of nodes that come from another text, such as a template file.
    """

    module: Surroundings
    path: str
    names: Mapping[str, Value[Any]] = field(default_factory=dict)
    label: str = ""
    at: Span | None = None
    is_sealed: bool = False

    def span(self, node: Node) -> Span:
        return self.at or node.place.span(self.path)

    def binding(self, label: str, **names: Value[Any]) -> Scope:
        return Scope(
            self.module, self.path, {**self.names, **names}, self.label + label, self.at, self.is_sealed
        )

    def subject(self, node: Node) -> str:
        """The identity of an opaque expression in guards: its text, its module, and what is bound around it."""
        text = node.place.text
        if len(text) > MAX_SUBJECT:
            text = f"{text[:MAX_SUBJECT]}… ({self.path}:{node.place.line}:{node.place.column})"
        if self.label and any(re.search(rf"\b{re.escape(name)}\b", text) for name in self.names):
            text += self.label
        address = self.module.address
        if not address:
            return text
        return f"{address}.{text}" if _DOTTED.fullmatch(text) else f"{text} (in {address})"
