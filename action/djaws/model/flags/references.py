"""Where else a declared flag's name appears: a name that only JavaScript or a template reads is still in use."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set

from djaws.errors import Refused
from djaws.files import Tree, is_test
from djaws.finding import Span
from djaws.model.flags.templates import SCRIPTS, TEMPLATES
from djaws.model.flags.types import Declaration, Evaluation, Reference

#: What may read a flag by name. Prose, lock files and environment files mention flags without reading them.
_READERS = (
    *(*TEMPLATES, *SCRIPTS, ".py", ".sh", ".go", ".rb", ".java", ".kt", ".swift", ".dart", ".graphql"),
    *(".php", ".cs", ".rs", ".scala", ".ex", ".sql", ".mts", ".cts"),
)
#: Programs that share the environment but not the settings of Django.
_PROGRAMS = tuple(set(_READERS) - {*TEMPLATES, *SCRIPTS, ".py"})
_TOKEN = re.compile(rb"[A-Za-z_][\w-]*")


def references(
    tree: Tree,
    declarations: Sequence[Declaration],
    evaluations: Sequence[Evaluation],
    settings_files: Set[str] = frozenset(),
) -> Iterator[Reference]:
    """Every line that names a declared flag, is not its declaration, and is not counted as an evaluation already.

    `settings_files` set a setting, they do not read it.
    """
    settings = {each.name for each in declarations if each.source == "boolean-setting"}
    wanted = {each.name for each in declarations}
    if not wanted:
        return
    spelt = {name: _spellings(name) for name in wanted}
    taken: defaultdict[str, set[tuple[int, str]]] = defaultdict(set)
    declaring: defaultdict[str, set[str]] = defaultdict(set)
    counted = [(each.span, each.name) for each in declarations]
    counted += [(each.span, each.name) for each in evaluations]
    for span, name in counted:
        taken[span.path].add((span.line or 0, name))
    for declaration in declarations:
        declaring[declaration.span.path].add(declaration.name)
    for path in tree.with_suffix(*_READERS):
        if is_test(path) or "/migrations/" in path:
            continue
        kept = wanted - settings if path in settings_files or path.endswith(_PROGRAMS) else wanted
        left_out = declaring[path] if path.endswith(".py") else set()
        for name, line in _in_file(tree, path, spelt):
            if name in kept and name not in left_out and (line, name) not in taken[path]:
                yield Reference(name, Span(path, line))


def _in_file(tree: Tree, path: str, spelt: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, int]]:
    """The names that the file reads, each with its line."""
    try:
        data = tree.read(path)
    except Refused:
        return
    tokens = {token.decode() for token in _TOKEN.findall(data)}
    most = None if path.endswith(SCRIPTS) else 1
    parts = {
        name: present
        for name, spellings in spelt.items()
        if (present := [each for each in spellings[:most] if _may_hold(tokens, data, each)])
    }
    if not parts:
        return
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        for name, present in parts.items():
            if any(each in line and _reads(line, each) for each in present):
                yield name, number


def _spellings(name: str) -> tuple[str, ...]:
    """The name, and how a script can spell it: the clients for React and Vue give `new-page` as `newPage`."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", name) if word]
    if len(words) < 2:
        return (name,)
    return (name, words[0].lower() + "".join(word[:1].upper() + word[1:] for word in words[1:]))


def _may_hold(tokens: set[str], data: bytes, name: str) -> bool:
    return name in tokens or (not _TOKEN.fullmatch(name.encode()) and name.encode() in data)


def _reads(line: str, name: str) -> bool:
    """Whether the line uses the name as text or as a property. A name that is no common word counts wherever it stands."""
    if re.search(r"[\d_-]", name) and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", line):
        return True
    if re.search(r"[a-z][A-Z]", name) and re.search(rf"\b{re.escape(name)}\b", line):
        return True
    quoted = rf"""["'`]{re.escape(name)}["'`]|\.{re.escape(name)}\b|\b{re.escape(name)}\s*[:?]"""
    return re.search(quoted, line) is not None
