"""What earlier runs found out, by content: outputs of units, digests of files, small facts about contents.

One SQLite file, safe under concurrent runs. Losing it costs time, never findings: a file that is corrupt or not ours is put
aside and begun anew, and any failure to read or write degrades to not caching.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from djaws import __version__
from djaws.files import content_digest
from djaws.finding import Output

if TYPE_CHECKING:
    from djaws.analysis import Analysis

#: Part of every key: a change of the shape or the meaning of what is stored makes all older entries unreachable.
FORMAT = f"1/{__version__}"
MAX_AGE_DAYS = 30
MAX_BYTES = 512 * 1024 * 1024
#: A file changed this recently may change again within the same time stamp (git calls such entries racy).
RACY_NS = 2_000_000_000

_TABLES = ("outputs", "stats", "facts", "analyses")
_SCHEMA = """
create table if not exists outputs (key blob primary key, value blob not null, seconds real not null, used integer not null) without rowid;
create table if not exists stats (path text primary key, mtime integer, ctime integer, size integer, inode integer, digest text, used integer) without rowid;
create table if not exists facts (key blob primary key, value blob not null, used integer not null) without rowid;
create table if not exists analyses (key blob primary key, value blob not null, used integer not null) without rowid;
create table if not exists meta (name text primary key, value text) without rowid;
"""


def folder() -> Path:
    """`DJAWS_CACHE_DIR`, else the platform's cache directory."""
    chosen = os.environ.get("DJAWS_CACHE_DIR")
    if chosen:
        return Path(chosen)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "djaws"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "djaws" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "djaws"


_stamp: list[str] = []


def source_stamp() -> str:
    """Changes with djaws' own code: its version, in a checkout also the state of its files."""
    if not _stamp:
        _stamp.append(_source_stamp())
    return _stamp[0]


def _source_stamp() -> str:
    package = Path(__file__).resolve().parent
    if "site-packages" in package.parts:
        return __version__
    hasher = hashlib.blake2b(digest_size=12)
    for root, folders, names in os.walk(package):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".py", ".json")):
                status = os.stat(os.path.join(root, name))
                hasher.update(f"{name}\0{status.st_mtime_ns}\0{status.st_size}".encode())
    return hasher.hexdigest()


class Stored(msgspec.Struct, frozen=True):
    output: Output
    seconds: float


class Cache:
    """An open cache. With no `file` it lives in memory for this run only. Where facts are large they are not read at once."""

    def __init__(self, file: Path | None, *, reads_facts_at_once: bool = True) -> None:
        self.note: str | None = None
        self._reads_facts_at_once = reads_facts_at_once
        self._now = int(time.time())
        self._started_ns = time.time_ns()
        self._connection = self._open(file)
        self._decoder = msgspec.msgpack.Decoder(Output)
        self._encoder = msgspec.msgpack.Encoder()
        self._stats: dict[str, tuple[int, int, int, int, str]] = {}
        self._new_stats: dict[str, tuple[int, int, int, int, str]] = {}
        self._facts: dict[bytes, bytes] = {}
        self._new_facts: dict[bytes, bytes] = {}

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._flush()
            self._prune()
        self._connection.close()

    # --- outputs

    def lookup(self, keys: Iterable[bytes]) -> dict[bytes, Stored]:
        """The stored outputs among `keys`. An entry that cannot be decoded counts as absent."""
        found: dict[bytes, Stored] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), 500):
            chunk = wanted[start : start + 500]
            marks = ",".join("?" * len(chunk))
            for key, value, seconds in self._rows(
                f"select key, value, seconds from outputs where key in ({marks})", chunk
            ):
                with contextlib.suppress(msgspec.MsgspecError):
                    found[key] = Stored(self._decoder.decode(value), seconds)
        return found

    def store(self, entries: Iterable[tuple[bytes, Output, float]]) -> None:
        """Remembers outputs by key, with the seconds each took."""
        rows = [(key, self._encoder.encode(output), seconds, self._now) for key, output, seconds in entries]
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("begin immediate")
            self._connection.executemany("insert or replace into outputs values (?, ?, ?, ?)", rows)
            self._connection.execute("commit")

    def touch(self, keys: Iterable[bytes]) -> None:
        """Marks entries as used; at most once a day each, so that a warm run writes nothing."""
        day_ago = self._now - 86_400
        with contextlib.suppress(sqlite3.Error):
            self._connection.executemany(
                "update outputs set used = ? where key = ? and used < ?",
                ((self._now, key, day_ago) for key in keys),
            )

    # --- whole analyses

    def analysis(self, key: bytes) -> Analysis | None:
        """The remembered analysis of a whole tree."""
        from djaws.analysis import Analysis

        for value, used in self._rows("select value, used from analyses where key = ?", [key]):
            with contextlib.suppress(msgspec.MsgspecError, sqlite3.Error):
                if used < self._now - 86_400:
                    self._connection.execute("update analyses set used = ? where key = ?", (self._now, key))
                return msgspec.msgpack.decode(value, type=Analysis)
        return None

    def remember_analysis(self, key: bytes, analysis: Analysis) -> None:
        with contextlib.suppress(sqlite3.Error):
            row = (key, self._encoder.encode(analysis), self._now)
            self._connection.execute("insert or replace into analyses values (?, ?, ?)", row)

    # --- digests of files

    def digests(self, root: Path) -> Callable[[str], str]:
        """A content digest function that trusts an unchanged stat (size, times, inode) of files below `root`."""
        prefix = f"{root}{os.sep}"
        for path, mtime, ctime, size, inode, digest in self._rows(
            "select path, mtime, ctime, size, inode, digest from stats where path >= ? and path < ?",
            [_text(prefix), _text(f"{root}{chr(ord(os.sep) + 1)}")],
        ):
            self._stats[path] = (mtime, ctime, size, inode, digest)
        return self._digest

    def _digest(self, file: str) -> str:
        path = file if file.isascii() else _text(file)
        try:
            status = os.stat(file)
        except OSError:
            return content_digest(file)
        state = (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
        known = self._stats.get(path)
        if known and known[:4] == state:
            return known[4]
        digest = content_digest(file)
        if max(status.st_mtime_ns, status.st_ctime_ns) < self._started_ns - RACY_NS:
            self._stats[path] = self._new_stats[path] = (*state, digest)
        return digest

    # --- facts about contents

    def fact(self, name: str, digest: str, compute: Callable[[], bytes]) -> bytes:
        """`compute()`, remembered by `name` and content digest."""
        key = hashlib.blake2b(
            f"{FORMAT}\0{source_stamp()}\0{name}\0{digest}".encode(), digest_size=16
        ).digest()
        found = self._known_fact(key)
        if found is None:
            found = self._facts[key] = self._new_facts[key] = compute()
        return found

    def _known_fact(self, key: bytes) -> bytes | None:
        """Small facts are read all at once when the first is asked for, large ones each when it is."""
        if self._reads_facts_at_once and not self._facts:
            self._facts = dict(self._rows("select key, value from facts", [])) or {b"": b""}
        if key in self._facts or self._reads_facts_at_once:
            return self._facts.get(key)
        return next((row[0] for row in self._rows("select value from facts where key = ?", [key])), None)

    # --- the file

    def _open(self, file: Path | None) -> sqlite3.Connection:
        if file is None:
            return self._prepared(sqlite3.connect(":memory:"))
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            return self._prepared(sqlite3.connect(file, timeout=10, isolation_level=None))
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                self.note = "the cache is locked by another run; this run did without it"
                return self._prepared(sqlite3.connect(":memory:"))
            return self._rebuilt(file)
        except OSError as error:
            self.note = f"no cache: {file.parent} cannot be written ({error.strerror}); set DJAWS_CACHE_DIR to a directory that can"
            return self._prepared(sqlite3.connect(":memory:"))

    def _rebuilt(self, file: Path) -> sqlite3.Connection:
        self.note = f"the cache {file.name} was not readable and has been begun anew"
        try:
            for name in (file, file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")):
                name.unlink(missing_ok=True)
            return self._prepared(sqlite3.connect(file, timeout=10, isolation_level=None))
        except (OSError, sqlite3.DatabaseError):
            return self._prepared(sqlite3.connect(":memory:"))

    def _prepared(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        connection.isolation_level = None
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = off")
        connection.execute("pragma busy_timeout = 10000")
        connection.executescript(_SCHEMA)
        stored = connection.execute("select value from meta where name = 'format'").fetchone()
        if stored and stored[0] != FORMAT:
            for table in _TABLES:
                connection.execute(f"delete from {table}")
        if not stored or stored[0] != FORMAT:
            connection.execute("insert or replace into meta values ('format', ?)", (FORMAT,))
        return connection

    def _rows(self, query: str, parameters: list[bytes] | list[str]) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(query, parameters)
        except sqlite3.Error as error:
            self.note = self.note or f"the cache could not be read ({error}); this run did without it"

    def _flush(self) -> None:
        if not self._new_stats and not self._new_facts:
            return
        self._connection.execute("begin immediate")
        self._connection.executemany(
            "insert or replace into stats values (?, ?, ?, ?, ?, ?, ?)",
            ((path, *state, self._now) for path, state in self._new_stats.items()),
        )
        self._connection.executemany(
            "insert or replace into facts values (?, ?, ?)",
            ((key, value, self._now) for key, value in self._new_facts.items()),
        )
        self._connection.execute("commit")

    def _prune(self) -> None:
        """Once a day: what was not used for a month, and the oldest half when the file has grown past its bound."""
        row = self._connection.execute("select value from meta where name = 'pruned'").fetchone()
        if row and int(row[0]) > self._now - 86_400:
            return
        oldest = self._now - MAX_AGE_DAYS * 86_400
        for table in _TABLES:
            self._connection.execute(f"delete from {table} where used < ?", (oldest,))
        size = sum(self._connection.execute(f"pragma {p}").fetchone()[0] for p in ("page_count",)) * 4096
        if size > MAX_BYTES:
            for table in _TABLES:
                self._connection.execute(
                    f"delete from {table} where used <= (select used from {table} order by used limit 1 offset (select count(*) / 2 from {table}))"
                )
            self._connection.execute("vacuum")
        self._connection.execute("insert or replace into meta values ('pruned', ?)", (str(self._now),))


def _text(path: str) -> str:
    """A path SQLite can hold: bytes that are no UTF-8 escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
