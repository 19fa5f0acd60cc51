"""Which files are scanned, and which bytes never reach a parser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from djaws.errors import DjawsError, Refused
from djaws.files import MAX_BYTES, Tree, discover, is_test, is_too_deep, real, shown
from support import Repository, Write


def test_a_checkout_gives_tracked_and_untracked_files_but_no_ignored_ones(repository: Repository) -> None:
    repository.commit({"a.py": "", ".github/workflows/ci.yml": "", ".gitignore": "*.log\n"})
    repository.write({"new.py": "", "x.log": ""})
    assert discover(repository.root).paths == (".github/workflows/ci.yml", ".gitignore", "a.py", "new.py")


def test_a_subdirectory_is_scanned_alone_with_paths_from_the_top(repository: Repository) -> None:
    repository.commit({"a.py": "", "infra/main.tf": ""})
    tree = discover(repository.root / "infra")
    assert tree.paths == ("infra/main.tf",)
    assert tree.root == repository.root.resolve()


def test_a_deleted_tracked_file_is_simply_gone(repository: Repository) -> None:
    repository.commit({"a.py": "", "b.py": ""})
    (repository.root / "a.py").unlink()
    assert discover(repository.root).paths == ("b.py",)


def test_vendored_trees_are_left_out_and_counted(repository: Repository) -> None:
    repository.commit({"a.py": "", "node_modules/x/y.py": "", "infra/.terraform/m/z.tf": ""})
    tree = discover(repository.root)
    assert tree.paths == ("a.py",)
    assert tree.excluded == {"vendored": 2}


def test_patterns_exclude_files_and_the_count_says_so(repository: Repository) -> None:
    repository.commit({"a.py": "", "legacy/b.py": ""})
    tree = discover(repository.root, ["legacy/"])
    assert tree.paths == ("a.py",)
    assert tree.excluded == {"excluded": 1}


def test_outside_a_checkout_every_file_below_is_scanned(tree: Write) -> None:
    assert discover(tree({"a.py": "", "b/c.tf": ""})).paths == ("a.py", "b/c.tf")


def test_an_empty_repository_has_no_files(repository: Repository) -> None:
    assert discover(repository.root).paths == ()


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DjawsError, match="no such file"):
        discover(tmp_path / "gone")


def test_links_out_of_the_tree_and_loops_are_left_out(repository: Repository) -> None:
    repository.commit({"a.py": "x = 1\n"})
    (repository.root / "inside.py").symlink_to("a.py")
    (repository.root / "outside.py").symlink_to("/etc/hostname")
    (repository.root / "loop.py").symlink_to("loop.py")
    tree = discover(repository.root)
    assert tree.paths == ("a.py", "inside.py")
    assert tree.excluded == {"links out of the tree": 1}


def test_odd_names_are_shown_as_text_and_still_opened(repository: Repository) -> None:
    odd = [b"sp ace.py", b"new\nline.py", b"::error.py", b"100%.py", b"caf\xff.py"]
    for name in odd:
        (repository.root / os.fsdecode(name)).write_bytes(name)
    tree = discover(repository.root)
    assert "caf\\xff.py" in tree.paths
    assert {tree.read(path) for path in tree.paths} == set(odd)


@pytest.mark.parametrize("raw", ["plain.py", os.fsdecode(b"caf\xff"), "ünï.py"])
def test_a_shown_path_leads_back_to_the_real_one(raw: str) -> None:
    assert real(shown(raw)) == raw


def test_large_binary_and_deep_files_are_refused(tree: Write) -> None:
    root = tree(
        {
            "big.tf": b"#" * (MAX_BYTES + 1),
            "huge.json": b"[" * 50_000_000,
            "binary.py": b"\0\1\2",
            "deep.yaml": "[" * 200_000,
            "dashes.yaml": "- " * 5_000 + "x",
            "fine.yaml": "a: [[[1]]]",
        }
    )
    files = Tree(root, ())
    for name, why in (
        ("big.tf", "larger"),
        ("huge.json", "larger"),
        ("binary.py", "binary"),
        ("deep.yaml", "nested"),
        ("dashes.yaml", "nested"),
    ):
        with pytest.raises(Refused, match=why):
            files.read(name)
    assert files.read("fine.yaml")


def test_an_unreadable_file_is_refused(tree: Write) -> None:
    root = tree({"d/x.py": ""})
    with pytest.raises(Refused, match=r"regular file|directory"):
        Tree(root, ()).read("d")
    with pytest.raises(Refused, match="cannot be read"):
        Tree(root, ()).read("gone.py")


def test_brackets_in_text_do_not_count_as_nesting() -> None:
    assert not is_too_deep(b'x = "' + b"(" * 1000 + b'"\n')
    assert is_too_deep(b"(" * 501)
    assert not is_too_deep(b"(" * 500)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("shop/tests/test_x.py", True),
        ("shop/test_x.py", True),
        ("tests.py", True),
        ("conftest.py", True),
        ("shop/views_test.py", True),
        ("shop/contest.py", False),
        ("shop/latest.py", False),
        ("attestation/views.py", False),
    ],
)
def test_test_files_are_told_by_their_path(path: str, expected: bool) -> None:
    assert is_test(path) is expected
