"""Where else a declared flag's name appears: a name that only JavaScript or a template reads is still in use."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from djaws.errors import Refused
from djaws.files import Tree, is_test
from djaws.finding import Span
from djaws.model.flags.templates import SCRIPTS, TEMPLATES
from djaws.model.flags.types import Declaration, Evaluation, Reference

#: What may read a flag by name. Prose, lock files and environment files mention flags without reading them.
_READERS = (*TEMPLATES, *SCRIPTS, ".py", ".sh", ".go", ".rb", ".java", ".kt", ".swift", ".dart", ".graphql")
_FRONT_END = (*TEMPLATES, *SCRIPTS)
_TOKEN = re.compile(rb"[A-Za-z_][\w-]*")


def references(
    tree: Tree, declarations: Sequence[Declaration], evaluations: Sequence[Evaluation]
) -> Iterator[Reference]:
    """Every line that names a declared flag, is not its declaration, and is not counted as an evaluation already."""
    settings = {each.name for each in declarations if each.source == "boolean-setting"}
    wanted = {each.name for each in declarations}
    if not wanted:
        return
    taken: defaultdict[str, set[int]] = defaultdict(set)
    declaring: defaultdict[str, set[str]] = defaultdict(set)
    spans = [*(each.span for each in declarations), *(each.span for each in evaluations)]
    for span in spans:
        taken[span.path].add(span.line or 0)
    for declaration in declarations:
        declaring[declaration.span.path].add(declaration.name)
    for path in tree.with_suffix(*_READERS):
        if is_test(path) or "/migrations/" in path:
            continue
        kept = wanted - settings if not path.endswith(_FRONT_END) else wanted
        yield from _in_file(tree, path, kept - declaring[path] if path.endswith(".py") else kept, taken[path])


def _in_file(tree: Tree, path: str, wanted: set[str], taken: set[int]) -> Iterator[Reference]:
    try:
        data = tree.read(path)
    except Refused:
        return
    tokens = {token.decode() for token in _TOKEN.findall(data)}
    parts = {name for name in wanted if name in tokens or not _TOKEN.fullmatch(name.encode())}
    if not parts:
        return
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if number in taken:
            continue
        for name in parts:
            if name in line and _reads(line, name):
                yield Reference(name, Span(path, number))


def _reads(line: str, name: str) -> bool:
    """Whether the line uses the name as text or as a property. A name that is no common word counts wherever it stands."""
    if re.search(r"[\d_-]", name) and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", line):
        return True
    quoted = rf"""["'`]{re.escape(name)}["'`]|\.{re.escape(name)}\b|\b{re.escape(name)}\s*[:?]"""
    return re.search(quoted, line) is not None
