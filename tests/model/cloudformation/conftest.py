import textwrap
from pathlib import Path

import pytest

from djaws.files import Tree
from djaws.model.cloudformation import load


@pytest.fixture
def tree(tmp_path):
    """Writes files (path to text) and answers with the tree of them."""

    def write(files: dict[str, str]) -> Tree:
        for name, text in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text), encoding="utf-8", newline="")
        return Tree(Path(tmp_path), tuple(sorted(files)))

    return write


@pytest.fixture
def stack(tree):
    """The only stack of one template, which must leave nothing undecided."""

    def load_one(text: str, name: str = "template.yaml", **others: str):
        (found,), undecided = load(tree({name: text, **others}))
        assert undecided == ()
        return found

    return load_one
