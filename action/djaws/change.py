"""What a change does to Python files, for the few policies that are about the change itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from djaws.files import is_test

if TYPE_CHECKING:
    from djaws.changes import Changes


class Change(msgspec.Struct, frozen=True):
    """`lines` holds the added or edited lines of each changed file (None: the file is new), `texts` all text, added or taken
    away, of those that are not new.
    """

    lines: dict[str, tuple[int, ...] | None] = {}
    texts: dict[str, str] = {}

    def is_new(self, path: str) -> bool:
        """Whether the whole file is new."""
        return path in self.lines and self.lines[path] is None

    def adds(self, path: str, line: int | None) -> bool:
        """Whether the change writes the line."""
        lines = self.lines.get(path, ())
        return lines is None or line in lines

    @property
    def new_migrations(self) -> tuple[str, ...]:
        return tuple(path for path in self.lines if self.is_new(path) and "/migrations/" in f"/{path}")


def of_python(changes: Changes) -> Change:
    """The part of a change that is Python outside of tests."""
    kept = [path for path in changes.lines if path.endswith(".py") and not is_test(path)]
    texts: dict[str, list[str]] = {}
    for hunk in changes.hunks:
        if hunk.path in kept and changes.lines[hunk.path] is not None:
            texts.setdefault(hunk.path, []).append(hunk.text)
    return Change(
        {path: _sorted(changes.lines[path]) for path in sorted(kept)},
        {path: "\n".join(parts) for path, parts in sorted(texts.items())},
    )


def _sorted(lines: frozenset[int] | None) -> tuple[int, ...] | None:
    return None if lines is None else tuple(sorted(lines))
