"""Settings evaluated from files written on the spot."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from djaws.files import Tree
from djaws.model.django import Settings, evaluate
from djaws.model.value import Value

Evaluate = Callable[..., Settings]


@pytest.fixture
def settings_of(tmp_path: Path) -> Evaluate:
    """`settings_of("DEBUG = True")`, or a mapping of files whose first is the settings module."""

    def build(
        files: str | Mapping[str, str], environment: Mapping[str, Value[Any]] | None = None, **more: Any
    ) -> Settings:
        written = {"settings.py": files} if isinstance(files, str) else dict(files)
        for name, text in written.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        tree = Tree(tmp_path, tuple(sorted(written)))
        return evaluate(tree, next(iter(written)), environment=environment, **more)

    return build
