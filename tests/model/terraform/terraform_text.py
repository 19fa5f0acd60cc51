"""Terraform given as text, and values made plain for comparison."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from djaws.files import Tree
from djaws.model.value import Map, Seq, Value


def tree_of(root: Path, files: Mapping[str, str]) -> Tree:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Tree(root, tuple(sorted(name for name in files if ".terraform/" not in name)))


def flat(data: Any) -> Any:
    """Plain data, `...` for what is unknown and sets of (guard, value) texts for alternatives: easy to compare."""
    if isinstance(data, Value):
        shown = [(str(alt.guard), flat(alt.value)) for alt in data.alternatives]
        if data.unknown is None and len(shown) == 1 and not shown[0][0]:
            return shown[0][1]
        if data.unknown is not None and not shown:
            return ...
        return {
            **dict(shown),
            **({"?": ...} if data.unknown is not None else {}),
        }
    if isinstance(data, Map):
        return {
            **{key: flat(entry) for key, entry in data.entries.items()},
            **({"*": ...} if data.rest else {}),
        }
    if isinstance(data, Seq):
        return [*(flat(item) for item in data.items), *([...] if data.rest else [])]
    return data
