"""The cache: what it remembers is what would be found again, and losing it costs nothing but time."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path

from djaws import cache
from djaws.cache import Cache
from djaws.finding import Finding, Location, Output, Span

OUTPUT = Output(findings=(Finding("B105", "bandit", "m", Location(Span("a.py", 1))),), measures={"x": 2})


def test_an_output_comes_back_equal(tmp_path: Path) -> None:
    with Cache(tmp_path / "c.sqlite") as store:
        store.store([(b"k", OUTPUT, 1.5)])
    with Cache(tmp_path / "c.sqlite") as store:
        found = store.lookup([b"k", b"other"])
    assert {key: stored.output for key, stored in found.items()} == {b"k": OUTPUT}


def test_a_corrupt_file_is_begun_anew_with_a_note(tmp_path: Path) -> None:
    file = tmp_path / "c.sqlite"
    file.write_bytes(b"this is no database" * 1000)
    with Cache(file) as store:
        assert store.note
        assert "begun anew" in store.note
        store.store([(b"k", OUTPUT, 1.0)])
    with Cache(file) as store:
        assert store.note is None
        assert store.lookup([b"k"])


def test_a_foreign_database_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "c.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("create table outputs (something text)")
        connection.execute("create table meta (name text, value text)")
        connection.execute("insert into meta values ('format', ?)", (cache.FORMAT,))
    with Cache(file) as store:
        store.store([(b"k", OUTPUT, 1.0)])
        assert store.lookup([b"k"]) == {} or store.note is None


def test_an_entry_that_cannot_be_read_counts_as_absent(tmp_path: Path) -> None:
    file = tmp_path / "c.sqlite"
    with Cache(file) as store:
        store.store([(b"k", OUTPUT, 1.0)])
    with sqlite3.connect(file) as connection:
        connection.execute("update outputs set value = x'ff'")
    with Cache(file) as store:
        assert store.lookup([b"k"]) == {}


def test_another_version_finds_nothing_of_an_older_one(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    with Cache(tmp_path / "c.sqlite") as store:
        store.store([(b"k", OUTPUT, 1.0)])
    monkeypatch.setattr(cache, "FORMAT", "another")
    with Cache(tmp_path / "c.sqlite") as store:
        assert store.lookup([b"k"]) == {}


def test_what_was_not_used_for_a_month_goes(tmp_path: Path) -> None:
    file = tmp_path / "c.sqlite"
    with Cache(file) as store:
        store.store([(b"old", OUTPUT, 1.0), (b"new", OUTPUT, 1.0)])
    with sqlite3.connect(file) as connection:
        connection.execute(
            "update outputs set used = ? where key = x'6f6c64'", (int(time.time()) - 40 * 86_400,)
        )
        connection.execute("delete from meta where name = 'pruned'")
    with Cache(file):
        pass
    with Cache(file) as store:
        assert set(store.lookup([b"old", b"new"])) == {b"new"}


def test_a_directory_that_cannot_be_written_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Cache(tmp_path / "file" / "c.sqlite") as store:
        assert store.note
        assert "DJAWS_CACHE_DIR" in store.note


def test_runs_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    def one(number: int) -> None:
        with Cache(tmp_path / "c.sqlite") as store:
            for each in range(20):
                store.store([(f"{number}.{each}".encode(), OUTPUT, 1.0)])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Cache(tmp_path / "c.sqlite") as store:
        keys = [f"{number}.{each}".encode() for number in range(4) for each in range(20)]
        assert len(store.lookup(keys)) == 80


def test_a_digest_follows_the_content_not_the_time(tmp_path: Path) -> None:
    file = tmp_path / "tree" / "a.py"
    file.parent.mkdir()
    file.write_text("one")
    old = time.time() - 100
    os.utime(file, (old, old))
    digests = []
    for content in ("one", "two", "two"):
        file.write_text(content)
        with Cache(tmp_path / "c.sqlite") as store:
            digests.append(store.digests(file.parent)(str(file)))
    assert digests[0] != digests[1] == digests[2]


def test_a_file_changed_within_the_clock_tick_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "tree" / "a.py"
    file.parent.mkdir()
    file.write_text("one")
    with Cache(tmp_path / "c.sqlite") as store:
        first = store.digests(file.parent)(str(file))
    status = file.stat()
    file.write_text("two")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    with Cache(tmp_path / "c.sqlite") as store:
        assert store.digests(file.parent)(str(file)) != first
