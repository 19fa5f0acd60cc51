"""Renderers: each turns the one report into text for one kind of reader, and decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Protocol, cast

import msgspec

from djaws.errors import DjawsError
from djaws.report import Report

FORMATS: tuple[str, ...] = (
    "text",
    "json",
    "sarif",
    "sarif-audit",
    "github",
    "markdown",
    "html",
    "junit",
    "gitlab",
)


class AdviceRow(msgspec.Struct, frozen=True):
    """What the run says on one piece of the founding advice: counts of rules checked and of findings and questions."""

    id: str
    title: str
    checked: int
    decided: int
    failing: int
    undecided: int


class Options(msgspec.Struct, frozen=True):
    """What a renderer may use besides the report.

    `read` gives the text of a file by its path, None when it cannot be had. `link` gives the address of a path and line.
    """

    colour: bool = False
    width: int = 100
    read: Callable[[str], str | None] | None = None
    link: Callable[[str, int | None], str | None] | None = None
    advice: tuple[AdviceRow, ...] = ()


class Renderer(Protocol):
    """What a module in this package that is named after a format provides."""

    def render(self, report: Report, options: Options) -> str: ...


def render(
    format: str,
    report: Report,
    *,
    colour: bool = False,
    width: int = 100,
    read: Callable[[str], str | None] | None = None,
    link: Callable[[str, int | None], str | None] | None = None,
    advice: Sequence[AdviceRow] = (),
) -> str:
    """The report in one of `FORMATS`, always encodable as UTF-8. `colour` and `width` matter to `text`, `read` to SARIF
    (fingerprints), `link` to `markdown` and `html`, `advice` to `html` and `markdown`. `DjawsError` on an unknown format."""
    if format not in FORMATS:
        raise DjawsError(f"unknown format {format!r}; known are {', '.join(FORMATS)}")
    module = cast(Renderer, import_module(f"djaws.render.{format.replace('-', '_')}"))
    return module.render(report, Options(colour, width, read, link, tuple(advice)))
