"""The lines of code that a report shows, with credentials blanked out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from djaws.errors import Refused
from djaws.files import Tree
from djaws.finding import Judged
from djaws.report import Quote

CONTEXT = 2
MAX_WIDTH = 400

_LITERAL = re.compile(r"""(["'])(?:\\.|(?!\1).){4,}\1|(?<=[=:]\s)[^\s"']{8,}""")
_KEYS = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b|\bgh[pousr]_[A-Za-z0-9]{20,}\b|-----BEGIN [A-Z ]+-----")
_SECRET_RULES = re.compile(
    r"^(CKV_SECRET_|CKV_AWS_(41|45|46)$|B10[567]$|security\.W009|security\.W025|iam/hardcoded|iam/secret|iam/static)"
)


def quotes(tree: Tree, judged: Iterable[Judged]) -> dict[str, Quote]:
    """The lines around each open finding, by `path:line`."""
    shown = [each for each in judged if each.is_open and each.finding.location.span.line]
    secret = {place(each) for each in shown if _SECRET_RULES.search(each.rule.id)}
    lines: dict[str, list[str]] = {}
    found: dict[str, Quote] = {}
    for each in shown:
        span = each.finding.location.span
        if span.line is None or place(each) in found:
            continue
        if span.path not in lines:
            lines[span.path] = _lines(tree, span.path)
        first = max(1, span.line - CONTEXT)
        around = lines[span.path][first - 1 : span.line + CONTEXT]
        if around:
            found[place(each)] = Quote(first, tuple(redacted(line, place(each) in secret) for line in around))
    return found


def place(judged: Judged) -> str:
    span = judged.finding.location.span
    return f"{span.path}:{span.line}"


def _lines(tree: Tree, path: str) -> list[str]:
    try:
        return [line.rstrip("\r")[:MAX_WIDTH] for line in tree.text(path).split("\n")]
    except Refused:
        return []


def redacted(line: str, is_secret: bool) -> str:
    """The line without what looks like a credential; near a place that a secret rule names, without any literal."""
    line = _KEYS.sub("***", line)
    return _LITERAL.sub(lambda m: f"{m[1]}***{m[1]}" if m[1] else "***", line) if is_secret else line
