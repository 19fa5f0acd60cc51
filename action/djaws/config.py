"""The configuration: its types, and how flags, environment variables and the file become one."""

from __future__ import annotations

import datetime
import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from djaws.errors import DjawsError
from djaws.finding import Severity

Profile = Literal["default", "strict"]
Filter = Literal["new", "changed-lines", "changed-files", "all"]
FailOn = Literal["critical", "high", "medium", "low", "none"]


class WaiverEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[tool.djaws.waivers]]`: what is accepted, why, and until when (an ISO date). At least one of rule, topic, path, subject."""

    reason: str
    expires: str
    rule: str = ""
    topic: str = ""
    path: str = ""
    subject: str = ""
    owner: str = ""
    ticket: str = ""


class ProjectEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[tool.djaws.projects]]`: a Django project whose root or settings module cannot be inferred."""

    root: str
    settings: str = ""


class FlagsEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[tool.djaws.flags]`: the registry file, and functions of the project that evaluate a flag.

    `wrappers` maps a function's dotted name to where it takes the flag's name: a position (not counting `self`) or a keyword.
    """

    registry: str = "flags.yaml"
    wrappers: dict[str, int | str] = {}


class FileConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """The keys of `[tool.djaws]` in pyproject.toml and of djaws.toml."""

    format: str = "text"
    output: dict[str, str] = {}
    engines: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    profile: Profile = "default"
    fail_on: FailOn = "high"
    base: str = ""
    filter: Filter | None = None
    baseline: str = ""
    settings: str = ""
    python: str = ""
    live_django: bool = False
    plan: tuple[str, ...] = ()
    var_files: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    allow_python_policies: bool = False
    jobs: int = 0
    timeout: float = 120.0
    waivers: tuple[WaiverEntry, ...] = ()
    unwaivable: tuple[str, ...] = ()
    waiver_max_days: int = 365
    flags: FlagsEntry = FlagsEntry()
    policies: dict[str, dict[str, Any]] = {}
    policy_folders: tuple[str, ...] = ()
    nonproduction: tuple[str, ...] = (
        "dev",
        "development",
        "test",
        "testing",
        "qa",
        "sandbox",
        "staging",
        "preview",
    )
    projects: tuple[ProjectEntry, ...] = ()
    as_of: str = ""


class Config(msgspec.Struct, frozen=True):
    """What one run was asked to do: the file's keys, laid over by the environment and the flags.

    `root` is the directory that relative paths of the configuration start from, `source` the file it came from, if any;
    `given` are the keys that flags and environment gave.
    """

    path: Path
    root: Path
    file: FileConfig = FileConfig()
    source: Path | None = None
    given: dict[str, Any] = {}
    staged: bool = False
    no_cache: bool = False
    timings: bool = False
    trace: str = ""
    publish: tuple[str, ...] = ()
    shard: tuple[int, int] | None = None

    @property
    def fail_on(self) -> Severity | None:
        return None if self.file.fail_on == "none" else Severity(self.file.fail_on)

    @property
    def day(self) -> datetime.date:
        """The day that dated data and expiries are judged by."""
        return day(self.file)

    def resolved(self, name: str) -> Path:
        """A path of the configuration, from where the configuration is."""
        return self.root / name


Flags = Mapping[str, Any]


def load(path: Path, flags: Flags, environment: Mapping[str, str], config_file: Path | None = None) -> Config:
    """The configuration for a run on `path`. Flags beat `DJAWS_*` variables beat the file beat defaults.

    `flags` and `environment` hold only what was given; raises `DjawsError` for whatever is unknown or of the wrong type.
    """
    source = config_file or nearest(path)
    keys = _keys(_toml(source), source.name) if source else {}
    given = {**_from_environment(environment), **_file_flags(flags)}
    return Config(
        path=path,
        root=source.parent if source else (path if path.is_dir() else path.parent),
        file=merged(keys, given, str(source) if source else "the command line"),
        source=source,
        given=given,
        **{name: value for name, value in flags.items() if name in _RUN_FLAGS},
    )


_RUN_FLAGS = ("staged", "no_cache", "timings", "trace", "shard", "publish")


def nearest(path: Path) -> Path | None:
    """The configuration file that governs `path`: djaws.toml, or a pyproject.toml with `[tool.djaws]`, from there upwards."""
    start = path.resolve()
    for folder in (start, *start.parents) if start.is_dir() else start.parents:
        own = folder / "djaws.toml"
        if own.is_file():
            return own
        project = folder / "pyproject.toml"
        if project.is_file() and "djaws" in _toml(project).get("tool", {}):
            return project
        if (folder / ".git").exists():
            return None
    return None


def merged(keys: Mapping[str, Any], given: Mapping[str, Any], name: str) -> FileConfig:
    """A file's keys laid over by those that flags and environment gave."""
    return typed({**keys, **given}, name)


def keys_of(text: str, name: str) -> dict[str, Any]:
    """The keys in the text of a djaws.toml or pyproject.toml called `name`."""
    return _keys(_decoded(text, name), name)


def _keys(document: dict[str, Any], name: str) -> dict[str, Any]:
    if name.rpartition("/")[2] == "pyproject.toml":
        return dict(document.get("tool", {}).get("djaws", {}))
    return document


def _toml(source: Path) -> dict[str, Any]:
    try:
        return _decoded(source.read_text("utf-8"), str(source))
    except OSError as error:
        raise DjawsError(f"{source}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DjawsError(f"{source}: not UTF-8 (byte {error.start}); save it as UTF-8") from error


def _decoded(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DjawsError(f"{name}: not valid TOML: {error}") from error


def typed(keys: dict[str, Any], name: str) -> FileConfig:
    """The keys as a `FileConfig`. An unknown key is an error that names the nearest known one."""
    _reject_unknown(keys, FileConfig, name, "")
    if isinstance(keys.get("flags"), dict):
        _reject_unknown(keys["flags"], FlagsEntry, name, "flags.")
    for table, kind in (("waivers", WaiverEntry), ("projects", ProjectEntry)):
        for index, entry in enumerate(keys.get(table, ())):
            if isinstance(entry, dict):
                _reject_unknown(_plain_dates(entry), kind, name, f"{table}[{index}].")
    keys = {
        **keys,
        "waivers": [_plain_dates(w) if isinstance(w, dict) else w for w in keys.get("waivers", ())],
    }
    if isinstance(keys.get("as-of"), datetime.date):
        keys["as-of"] = keys["as-of"].isoformat()
    try:
        config = msgspec.convert(keys, FileConfig, strict=True)
    except msgspec.ValidationError as error:
        raise DjawsError(
            f"{name}: {error}; see `djaws check --help` for the values each key takes"
        ) from error
    day(config)
    return config


def day(config: FileConfig) -> datetime.date:
    """The day to judge by: `as-of`, else today."""
    try:
        return datetime.date.fromisoformat(config.as_of) if config.as_of else datetime.date.today()
    except ValueError as error:
        raise DjawsError(f"as-of {config.as_of}: not a date; write YYYY-MM-DD") from error


def _plain_dates(entry: dict[str, Any]) -> dict[str, Any]:
    """TOML has dates of its own; ours are ISO text."""
    return {
        key: value.isoformat() if isinstance(value, datetime.date) else value for key, value in entry.items()
    }


def _reject_unknown(keys: Mapping[str, Any], kind: type[msgspec.Struct], name: str, prefix: str) -> None:
    known = [field.encode_name for field in msgspec.structs.fields(kind)]
    for key in keys:
        if key not in known:
            close = difflib.get_close_matches(key, known, 1, 0.4)
            hint = f"; did you mean {prefix}{close[0]}?" if close else f"; known are {', '.join(known)}"
            raise DjawsError(f"{name}: unknown key {prefix}{key}{hint}")


def _file_flags(flags: Flags) -> dict[str, Any]:
    names = {field.name: field.encode_name for field in msgspec.structs.fields(FileConfig)}
    return {names[name]: value for name, value in flags.items() if name in names}


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """`DJAWS_FAIL_ON=high` and so on, for every key that is a text, a number, a switch or a list of texts (comma-separated)."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(FileConfig):
        text = environment.get(f"DJAWS_{field.name.upper()}", "")
        if not text:
            continue
        if field.type is bool:
            found[field.encode_name] = text.lower() in ("1", "true", "yes", "on")
        elif field.type is int or field.type is float:
            found[field.encode_name] = _number(field.name, text, field.type)
        elif field.type == tuple[str, ...]:
            found[field.encode_name] = tuple(part.strip() for part in text.split(",") if part.strip())
        else:
            found[field.encode_name] = text
    return found


def _number(name: str, text: str, kind: type) -> float:
    try:
        return kind(text)  # type: ignore[no-any-return]
    except ValueError as error:
        raise DjawsError(f"DJAWS_{name.upper()}={text}: not a number") from error
