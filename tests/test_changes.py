"""What changed against a base, told from git without trusting file names or contents."""

from __future__ import annotations

import os
from pathlib import Path

from djaws.changes import base_commit, base_tree, changes, file_at, staged_tree
from support import Repository


def test_added_and_edited_lines_are_known_and_untracked_files_are_wholly_new(repository: Repository) -> None:
    base = repository.commit({"a.py": "1\n2\n3\n", "b.py": "x\n"})
    repository.write({"a.py": "1\ntwo\n3\n4\n", "new.py": "n\n"})
    found = changes(repository.root, base)
    assert found.lines == {"a.py": frozenset({2, 4}), "new.py": None}


def test_a_deletion_touches_the_line_before_it(repository: Repository) -> None:
    base = repository.commit({"a.py": "1\n2\n3\n4\n"})
    repository.write({"a.py": "1\n2\n4\n"})
    assert changes(repository.root, base).lines == {"a.py": frozenset({2})}


def test_renames_are_followed_and_deleted_files_named(repository: Repository) -> None:
    body = "".join(f"line {n}\n" for n in range(30))
    base = repository.commit({"old.py": body, "gone.py": "x\n"})
    repository.git("mv", "old.py", "deep new.py")
    repository.git("rm", "-q", "gone.py")
    found = changes(repository.root, base)
    assert found.renamed == {"deep new.py": "old.py"}
    assert found.deleted == {"gone.py"}


def test_contents_that_look_like_a_patch_do_not_mislead(repository: Repository) -> None:
    base = repository.commit({"a.txt": "1\n", "b.txt": "1\n"})
    hostile = "1\ndiff --git a/x b/x\n+++ b/other\n@@ -1,1 +900,5 @@\n"
    repository.write({"a.txt": hostile, "b.txt": "1\n2\n"})
    assert changes(repository.root, base).lines == {"a.txt": frozenset({2, 3, 4}), "b.txt": frozenset({2})}


def test_hostile_names_are_told_apart(repository: Repository) -> None:
    base = repository.commit({"x": "1\n"})
    for name in (b"new\nline", b"::error", b"caf\xff"):
        (repository.root / os.fsdecode(name)).write_bytes(b"1\n")
    repository.git("add", "-A")
    assert set(changes(repository.root, base).lines) == {"new\nline", "::error", "caf\\xff"}


def test_the_base_is_where_the_branch_left_it(repository: Repository) -> None:
    fork = repository.commit({"a": "1\n"})
    repository.git("checkout", "-q", "-b", "feature")
    repository.commit({"b": "1\n"})
    repository.git("checkout", "-q", "main")
    repository.commit({"c": "1\n"})
    repository.git("checkout", "-q", "feature")
    assert base_commit(repository.root, "main") == fork
    assert base_commit(repository.root, "nowhere") is None
    assert base_commit(repository.root, "--output=x") is None


def test_the_tree_of_a_commit_holds_what_was_there(repository: Repository) -> None:
    base = repository.commit({"a.py": "old\n", "infra/x.tf": "y\n", "node_modules/z.py": ""})
    repository.commit({"a.py": "new\n"})
    with base_tree(repository.root, base, ".", ()) as tree:
        assert tree.paths == ("a.py", "infra/x.tf")
        assert tree.read("a.py") == b"old\n"
    assert not tree.root.exists()
    with base_tree(repository.root, base, "infra", ()) as tree:
        assert tree.paths == ("infra/x.tf",)
    assert file_at(repository.root, base, "a.py") == b"old\n"
    assert file_at(repository.root, base, "gone.py") is None


def test_staged_contents_are_judged_not_the_working_tree(repository: Repository) -> None:
    repository.commit({"a.py": "committed\n"})
    repository.write({"a.py": "staged\n"})
    repository.git("add", "a.py")
    repository.write({"a.py": "unstaged\n", "untracked.py": "x\n"})
    with staged_tree(repository.root, ()) as tree:
        assert tree.paths == ("a.py",)
        assert tree.read("a.py") == b"staged\n"


def test_a_clean_working_tree_is_read_in_place(repository: Repository) -> None:
    repository.commit({"a.py": "committed\n"})
    repository.write({"a.py": "staged\n"})
    repository.git("add", "a.py")
    with staged_tree(repository.root, ()) as tree:
        assert Path(tree.root).resolve() == repository.root.resolve()
