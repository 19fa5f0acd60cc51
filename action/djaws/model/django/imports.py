"""Which file of the repository an import names; and, by bytes alone, all the files that a module may come to import."""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

from djaws.errors import Refused
from djaws.files import Tree

_IMPORT = re.compile(
    rb"(?:^|[;:])[ \t]{0,200}(?:from[ \t]{0,20}(\.{0,20}[ \t]{0,20}\w[.\w]{0,300}|\.{1,20})[ \t]{0,20}import\b[ \t]{0,20}"
    rb"|import[ \t]{1,20}([^\n;]{1,1000}))",
    re.MULTILINE,
)
_MAX_NAMES = 5_000
_MAX_IMPORTS = 5_000
_COMMENT = re.compile(rb"#[^\n]*")
_NAME = re.compile(rb"[A-Za-z_]\w*")
_FOLLOWS_STRINGS = re.compile(rb"\b(?:include|optional|import_module|exec|execfile)\s*\(")
_MAX_FILES = 400


class Resolver:
    """Resolves imports as Python would, with `roots` on its path: relative to a folder, else from the roots in order."""

    def __init__(self, tree: Tree, roots: Sequence[str]) -> None:
        self.tree = tree
        self.roots = tuple(dict.fromkeys(roots))

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder with Python files somewhere below."""
        return frozenset(
            folder for path in self.tree.paths if path.endswith(".py") for folder in _above(path)
        )

    def at(self, base: str) -> str | None:
        """The file of the module at `base`, or the folder itself when it is one without `__init__.py`."""
        for path in (f"{base}/__init__.py" if base else "__init__.py", f"{base}.py"):
            if path in self.tree:
                return path
        return base if base in self.folders else None

    def resolve(self, dotted: str, level: int, package: str) -> str | None:
        """The file, or the folder, that an import names from a module in the folder `package`; None when it is elsewhere."""
        relative = dotted.replace(".", "/")
        if level:
            base = package
            for _ in range(level - 1):
                base = posixpath.dirname(base)
            return self.at(posixpath.join(base, relative) if relative else base)
        top = dotted.partition(".")[0]
        if top in sys.stdlib_module_names or top == "django":
            return None
        found = [self.at(posixpath.join(root, relative)) for root in (*self.roots, *self._siblings(top))]
        files = [path for path in found if path is not None and path.endswith(".py")]
        if files:
            return files[0]
        return next((path for path in found if path is not None), None)

    def _siblings(self, top: str) -> tuple[str, ...]:
        """The folder of a package that another project of the repository provides, when there is just one such."""
        suffix = f"/{top}/__init__.py"
        found = self._packages.get(suffix, ())
        return tuple(found) if len(found) == 1 else ()

    @cached_property
    def _packages(self) -> dict[str, list[str]]:
        known: dict[str, list[str]] = {}
        for path in self.tree.paths:
            if path.endswith("/__init__.py"):
                folder = posixpath.dirname(path)
                parent, _, name = folder.rpartition("/")
                if parent:
                    known.setdefault(f"/{name}/__init__.py", []).append(parent)
        return known

    # --- reading nothing but bytes

    def closure(self, path: str) -> tuple[str, ...]:
        """Every file that following the imports of `path` could read: more than it does, never less."""
        seen = dict.fromkeys([path])
        queue = [path]
        while queue and len(seen) < _MAX_FILES:
            for found in self._named_in(queue.pop()):
                if found not in seen:
                    seen[found] = None
                    queue.append(found)
        return tuple(sorted(seen))

    def _named_in(self, path: str) -> Iterator[str]:
        try:
            data = self.tree.read(path)
        except Refused:
            return
        package = posixpath.dirname(path)
        text = _COMMENT.sub(b"", data).replace(b"\\\n", b" ")
        for dotted in islice(_imports(text), _MAX_IMPORTS):
            level = len(dotted) - len(dotted.lstrip("."))
            yield from self._files(dotted.lstrip("."), level, package)
        if _FOLLOWS_STRINGS.search(data):
            yield from (
                other
                for other in self.tree.paths
                if other.startswith(f"{package}/") and other.endswith(".py")
            )

    def _files(self, dotted: str, level: int, package: str) -> Iterator[str]:
        parts = dotted.split(".") if dotted else []
        for end in range(0 if level else 1, len(parts) + 1):
            found = self.resolve(".".join(parts[:end]), level, package)
            if found is not None and found.endswith(".py"):
                yield found


def _imports(text: bytes) -> Iterator[str]:
    return (dotted for match in _IMPORT.finditer(text) for dotted in _imported(match, text))


def _imported(match: re.Match[bytes], text: bytes) -> Iterator[str]:
    source, plain = match.groups()
    if plain is not None:
        for part in plain.split(b","):
            words = part.split()
            if words and re.fullmatch(rb"[\w.]+", words[0]):
                yield words[0].decode("utf-8", "replace")
        return
    base = b"".join(source.split()).decode("utf-8", "replace")
    yield base
    is_listed = text[match.end() : match.end() + 1] == b"("
    end = text.find(b")" if is_listed else b"\n", match.end(), match.end() + _MAX_NAMES)
    for name in _NAME.findall(text, match.end(), end if end >= 0 else match.end() + _MAX_NAMES):
        yield f"{base}{'' if base.endswith('.') else '.'}{name.decode('utf-8', 'replace')}"


def _above(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
