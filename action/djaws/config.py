"""The configuration: its types, and how flags, environment variables and the file become one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

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
    policies: dict[str, dict[str, Any]] = {}
    policy_folders: tuple[str, ...] = ()
    nonproduction: tuple[str, ...] = ("dev", "development", "test", "testing", "qa", "sandbox", "staging", "preview")
    projects: tuple[ProjectEntry, ...] = ()


class Config(msgspec.Struct, frozen=True):
    """What one run was asked to do: the file's keys, laid over by the environment and the flags."""

    path: Path
    file: FileConfig = FileConfig()
    staged: bool = False
    no_cache: bool = False
    timings: bool = False
    shard: tuple[int, int] | None = None
    as_of: str = ""

    @property
    def fail_on(self) -> Severity | None:
        return None if self.file.fail_on == "none" else Severity(self.file.fail_on)
