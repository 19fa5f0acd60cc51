"""Which files there are, what kind each is, and the only way their bytes are read."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from djaws.errors import DjawsError, Refused

if TYPE_CHECKING:
    from djaws.change import Change

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 500

#: Directories that hold other people's code or generated trees: left out, and counted.
VENDORED = frozenset(
    {
        ".aws-sam",
        ".eggs",
        ".git",
        ".hg",
        ".mypy_cache",
        ".nox",
        ".ruff_cache",
        ".serverless",
        ".svn",
        ".terraform",
        ".terragrunt-cache",
        ".tox",
        ".venv",
        "__pycache__",
        "bower_components",
        "cdk.out",
        "node_modules",
        "site-packages",
        "venv",
    }
)

TERRAFORM_SUFFIXES = (".tf", ".tofu", ".tf.json", ".tofu.json")
TFVARS_SUFFIXES = (".tfvars", ".tfvars.json")
TEMPLATE_SUFFIXES = (".yaml", ".yml", ".json", ".template", ".cfn", ".cform")

_OPENERS = re.compile(rb"[\[{(]")
_BRACKETS = re.compile(rb"[\[{(\]})]")
_STRINGS = re.compile(rb'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'')
_DEEP_YAML = re.compile(rb"^(?:[ ?:-]){%d,}\S" % MAX_DEPTH, re.MULTILINE)


def shown(raw: str) -> str:
    """A path as djaws names it everywhere: POSIX, with `\\xNN` for each byte that is no UTF-8."""
    return os.fsencode(raw).decode("utf-8", "backslashreplace").replace(os.sep, "/")


def real(path: str) -> str:
    """The file system's name for a shown path."""
    if "\\x" not in path:
        return path
    return os.fsdecode(re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), path.encode()))


@dataclass(frozen=True)
class Tree:
    """The files of one run. `root` is absolute; `paths` are shown paths relative to it, sorted.

    `excluded` counts what was left out, by reason. Reading refuses what must not be parsed.
    """

    root: Path
    paths: tuple[str, ...]
    excluded: Mapping[str, int] = field(default_factory=dict)
    #: Content digest of a path; the cache provides one that remembers. Defaults to reading the file.
    digester: Callable[[str], str] | None = None
    #: Remembers a fact about a content: name, digest, how to compute it.
    remember: Callable[[str, str, Callable[[], bytes]], bytes] | None = None

    #: Contents that stand in for files: the base's configuration of an engine in place of the change's. None: no such file.
    overlay: Mapping[str, bytes | None] = field(default_factory=dict)

    #: What the change under review does to Python files; None when there is no base.
    change: Change | None = None

    def file(self, path: str) -> Path:
        """Where the bytes of a shown path are."""
        return Path(self.where(path))

    def where(self, path: str) -> str:
        """The same as text, for callers that ask thousands of times."""
        literal = f"{self._prefix}{path}"
        if "\\x" in path and not os.path.lexists(literal):
            return f"{self._prefix}{real(path)}"
        return literal

    @cached_property
    def _prefix(self) -> str:
        return f"{self.root}{os.sep}"

    def read(self, path: str, limit: int = MAX_BYTES) -> bytes:
        """The bytes of a file that is safe to parse. `Refused` when it is too large, binary, nested too deeply or unreadable."""
        if path in self.overlay:
            return self._overlaid(path)
        file = self.where(path)
        try:
            with open(file, "rb") as stream:
                if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                    raise Refused(path, "not a regular file")
                data = stream.read(limit + 1)
        except OSError as error:
            raise Refused(path, f"cannot be read: {error.strerror}") from error
        reason = refusal(data, limit)
        if reason:
            raise Refused(path, reason)
        return data

    def _overlaid(self, path: str) -> bytes:
        data = self.overlay[path]
        if data is None:
            raise Refused(path, "not in the base")
        return data

    def text(self, path: str) -> str:
        """The decoded text; bytes that are no UTF-8 become U+FFFD. A byte order mark is dropped."""
        return self.read(path).decode("utf-8-sig", "replace")

    def size(self, path: str) -> int:
        """Bytes of the file, 0 when it is not there."""
        try:
            return os.stat(self.where(path)).st_size
        except OSError:
            return 0

    def digest(self, path: str) -> str:
        """A hash of the file's content, or of why it cannot be read: taken once, a run sees one state of each file."""
        known = self._digests.get(path)
        if known is None:
            known = self._digests[path] = self._digest(path)
        return known

    def _digest(self, path: str) -> str:
        if path in self.overlay:
            return hashlib.blake2b(self.overlay[path] or b"", digest_size=16).hexdigest()
        return (self.digester or content_digest)(self.where(path))

    def beginning(self, path: str) -> bytes:
        """What a lexical look may read of any file, those included that no parser may have; nothing when it cannot be read."""
        if path in self.overlay:
            return self.overlay[path] or b""
        try:
            with open(self.where(path), "rb") as stream:
                return stream.read(MAX_BYTES)
        except OSError:
            return b""

    def fact(self, name: str, path: str, compute: Callable[[bytes], bytes]) -> bytes:
        """`compute` of the file's beginning, remembered by content.

        `compute` must depend on nothing but the bytes (and the path's suffix), and must parse nothing.
        """

        def fresh() -> bytes:
            return compute(self.beginning(path))

        if self.remember is None:
            return fresh()
        return self.remember(name, self.digest(path), fresh)

    def with_suffix(self, *suffixes: str) -> Iterator[str]:
        return (path for path in self.paths if path.endswith(suffixes))

    def __contains__(self, path: str) -> bool:
        return path in self._set

    @cached_property
    def _digests(self) -> dict[str, str]:
        return {}

    @cached_property
    def _set(self) -> frozenset[str]:
        return frozenset(self.paths)


def refusal(data: bytes, limit: int = MAX_BYTES) -> str | None:
    """Why these bytes must not be given to a parser, or None."""
    if len(data) > limit:
        return f"larger than {limit // 1024} KiB"
    if b"\0" in data[:8192] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "binary"
    if is_too_deep(data):
        return f"nested deeper than {MAX_DEPTH}"
    return None


def is_too_deep(data: bytes) -> bool:
    """Whether brackets or YAML's indentation nest deeper than `MAX_DEPTH` (text inside quotes does not count)."""
    if _DEEP_YAML.search(data):
        return True
    if sum(data.count(opener) for opener in (b"[", b"{", b"(")) <= MAX_DEPTH or _depth(data) <= MAX_DEPTH:
        return False
    return _depth(_STRINGS.sub(b"", data)) > MAX_DEPTH


def _depth(data: bytes) -> int:
    depth = deepest = 0
    for bracket in _BRACKETS.findall(data):
        if bracket in b"[{(":
            depth += 1
            deepest = max(deepest, depth)
        elif depth:
            depth -= 1
    return deepest


def content_digest(file: str | Path) -> str:
    """A hash of the content of a file of any size, or of the reason that it cannot be read."""
    hasher = hashlib.blake2b(digest_size=16)
    try:
        with open(file, "rb") as stream:
            while chunk := stream.read(1 << 20):
                hasher.update(chunk)
    except OSError as error:
        hasher.update(f"\0unreadable {error.errno}".encode())
    return hasher.hexdigest()


# --- discovery


def top_level(path: Path) -> Path | None:
    """The top level of the git checkout that holds `path`, None outside of one."""
    found = git(path, "rev-parse", "--show-toplevel")
    return Path(os.fsdecode(found.rstrip(b"\n"))) if found is not None and found.strip() else None


def git(where: Path, *arguments: str, env: Mapping[str, str] | None = None) -> bytes | None:
    """What git prints, or None when it fails or is not there. Hooks, monitors and prompts of the repository stay off."""
    command = ["git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=where,
            capture_output=True,
            check=False,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", **(env or {})},
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def discover(path: Path, exclude: Iterable[str] = ()) -> Tree:
    """The files to scan: tracked and untracked but not ignored ones in a git checkout, else all below `path`.

    Vendored trees, links that leave the tree, and what `exclude` (git-style patterns) names are left out and counted.
    """
    path = path.resolve()
    if not path.exists():
        raise DjawsError(f"{path}: no such file or directory")
    root = top_level(path if path.is_dir() else path.parent)
    if root is None:
        root = path if path.is_dir() else path.parent
        names: Iterable[str] = _walk(root) if path.is_dir() else [path.name]
    else:
        names = _tracked(root, path)
    return sift(root, names, exclude)


def discover_plain(path: Path) -> Tree:
    """Every file below `path`, whatever git says of it."""
    return sift(path, _walk(path), ())


def _tracked(root: Path, path: Path) -> Iterator[str]:
    inside = os.path.relpath(path, root)
    listed = git(
        root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", inside
    )
    if listed is None:
        raise DjawsError(f"{root}: git could not list the files; run `git status` there to see why")
    return (os.fsdecode(name) for name in listed.split(b"\0") if name)


def _walk(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in VENDORED)
        for name in files:
            yield os.path.relpath(os.path.join(folder, name), root)


def sift(root: Path, names: Iterable[str], exclude: Iterable[str]) -> Tree:
    """The tree of those `names` below `root` that are there and not left out."""
    patterns = tuple(exclude)
    is_excluded = _matcher(patterns) if patterns else None
    kept: list[str] = []
    excluded: dict[str, int] = {}
    base = os.path.realpath(root)
    for name in names:
        reason = _reason_out(base, name)
        if reason is None and is_excluded and is_excluded(name):
            reason = "excluded"
        if reason is None:
            kept.append(shown(name))
        elif reason:
            excluded[reason] = excluded.get(reason, 0) + 1
    return Tree(root, tuple(sorted(kept)), excluded)


def _reason_out(base: str, name: str) -> str | None:
    """Why a file is left out; None to keep it, an empty string when it is simply gone."""
    if not VENDORED.isdisjoint(name.split(os.sep)[:-1]):
        return "vendored"
    full = os.path.join(base, name)
    try:
        mode = os.lstat(full).st_mode
    except OSError:
        return ""
    if stat.S_ISLNK(mode):
        target = os.path.realpath(full)
        if os.path.commonpath([base, target]) != base:
            return "links out of the tree"
        return (
            None if os.path.isfile(target) else ("" if not os.path.exists(target) else "linked directories")
        )
    if stat.S_ISDIR(mode):
        return "submodules"
    return None if stat.S_ISREG(mode) else "special files"


def _matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    import pathspec

    return pathspec.GitIgnoreSpec.from_lines(patterns).match_file


# --- kinds, by name alone


def is_terraform(path: str) -> bool:
    return path.endswith(TERRAFORM_SUFFIXES)


def is_dockerfile(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    return (
        name in ("dockerfile", "containerfile")
        or name.startswith("dockerfile.")
        or name.endswith(".dockerfile")
    )


def is_workflow(path: str) -> bool:
    return "/.github/workflows/" in f"/{path}" and path.endswith((".yml", ".yaml"))


#: Names of files that nothing here reads: media, archives, data, compiled code.
_OPAQUE = (
    ".7z .avi .bin .bmp .bz2 .class .csv .db .dll .doc .docx .dylib .eot .exe .flac .gif .gz .h5 .icns .ico .jar .jpeg .jpg .map "
    ".mo .mov .mp3 .mp4 .npy .o .ogg .otf .parquet .pdf .pickle .pkl .png .po .ppt .pptx .psd .pyc .rar .so .sqlite .sqlite3 .svg "
    ".tar .tgz .tif .tiff .tsv .ttf .wasm .wav .webm .webp .whl .woff .woff2 .xls .xlsx .xz .zip"
)
_OPAQUE_SUFFIXES = tuple(_OPAQUE.split())
_COMMENTED = (
    ".py",
    ".pyi",
    ".tf",
    ".tofu",
    ".yaml",
    ".yml",
    ".template",
    ".toml",
    ".html",
    ".sh",
    ".cfg",
    ".ini",
    ".txt",
)


def is_opaque(path: str) -> bool:
    """Whether no model, policy or waiver could read the file: media, archives, data, compiled code."""
    return path.lower().endswith(_OPAQUE_SUFFIXES)


def may_hold_comments(path: str) -> bool:
    """Whether inline waivers can stand in the file."""
    return path.endswith(_COMMENTED) or is_dockerfile(path)


_TEST_PATH = re.compile(r"(^|/)(tests?|testing|conftest\.py|tests?\.py|test_[^/]*\.py|[^/]*_tests?\.py)(/|$)")


def is_test(path: str) -> bool:
    """Whether a Python file is test code by the usual names of pytest, unittest and Django."""
    return bool(_TEST_PATH.search(path))
