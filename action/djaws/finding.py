"""The words every part of djaws speaks: severities, places, rules and findings."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

import msgspec


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for info to 4 for critical."""
        return _SEVERITY_RANK[self]


_SEVERITY_RANK = {severity: 4 - index for index, severity in enumerate(Severity)}


class Confidence(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for low to 2 for high."""
        return _CONFIDENCE_RANK[self]


_CONFIDENCE_RANK = {confidence: 2 - index for index, confidence in enumerate(Confidence)}


class Disposition(StrEnum):
    """What became of a finding. Earlier members take precedence over later ones."""

    OFF = "off"
    ANSWERED = "answered"
    WAIVED = "waived"
    BASELINED = "baselined"
    OUTSIDE_DIFF = "outside-diff"
    DUPLICATE = "duplicate"
    BELOW_THRESHOLD = "below-threshold"
    REPORTED = "reported"


#: A rule's standing before any configuration: `strict` only with the strict profile, `advice` is shown and never fails.
Default = Literal["on", "strict", "advice", "off"]


class Span(msgspec.Struct, frozen=True, order=True):
    """A stretch of one file. `path` is repo-relative POSIX; lines and columns count from 1; no line means the file as a whole."""

    path: str
    line: int | None = None
    end_line: int | None = None
    column: int | None = None


class Location(msgspec.Struct, frozen=True):
    """Where a finding is shown (`span`, one line wherever possible), and the block it belongs to, when the engine reports one."""

    span: Span
    block: Span | None = None


class Related(msgspec.Struct, frozen=True):
    """Another place that matters for a finding, and why."""

    span: Span
    note: str


class Rule(msgspec.Struct, frozen=True):
    """A rule of any engine.

    `pillar` is one of the Well-Architected Framework's: security, reliability, operations, performance, cost, sustainability.
    `advice` holds ids of the founding advice (`A4.1`), `severity_source` says where the severity comes from.
    """

    id: str
    engine: str
    title: str
    severity: Severity
    confidence: Confidence
    topic: str
    pillar: str
    help: str = ""
    default: Default = "on"
    advice: tuple[str, ...] = ()
    severity_source: str = ""
    tags: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """One fault that one engine reports at one place, before it is judged.

    `severity` and `confidence` are set only where they differ from the rule's. `waived` is the reason of the engine's own
    inline waiver (`#checkov:skip`, `# nosec`, …), an empty string when it gives none. `environment` names the tfvars file,
    workspace or stage in which the finding holds, when it does not hold in all. `text_hash` stands for the text of the line it
    is shown on (`text_hash()`), so that fingerprints need no second look at the file; the worker fills it in.
    """

    rule: str
    engine: str
    message: str
    location: Location
    subject: str = ""
    severity: Severity | None = None
    confidence: Confidence | None = None
    related: tuple[Related, ...] = ()
    waived: str | None = None
    environment: str = ""
    text_hash: str = ""


class Undecided(msgspec.Struct, frozen=True, order=True):
    """A question that could not be answered, with the place that says why. Never a conviction."""

    rule: str
    span: Span
    because: str


class Answer(msgspec.Struct, frozen=True):
    """A proof that findings of `rules` are moot, within `paths` (all when empty) and for `subjects` (all when empty)."""

    rules: tuple[str, ...]
    because: str
    proof: Span
    paths: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()


class UnitError(msgspec.Struct, frozen=True):
    """Why a unit, or a part of it, could not be analysed. `path` may be a directory."""

    path: str
    because: str


class Output(msgspec.Struct, frozen=True):
    """All that one unit of an engine gave. `measures` are counts for the summary, such as alarm coverage.

    `rules` describes rules that the shipped data does not know: own policies, third-party Django checks. `notes` are one-line
    remarks for the reader, such as which settings module was taken for production's.
    """

    findings: tuple[Finding, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    errors: tuple[UnitError, ...] = ()
    answers: tuple[Answer, ...] = ()
    rules: tuple[Rule, ...] = ()
    measures: dict[str, int] = {}
    notes: tuple[str, ...] = ()


State = Literal["ran", "cached", "skipped", "missing", "failed", "timeout"]


class Units(msgspec.Struct, frozen=True):
    total: int = 0
    ran: int = 0
    cached: int = 0
    failed: int = 0
    timeout: int = 0


class EngineRun(msgspec.Struct, frozen=True):
    """What one engine did in this run. `scope` names the kinds of files it looked at, `seconds` is wall time of its units added up."""

    engine: str
    version: str | None
    state: State
    units: Units
    errors: tuple[UnitError, ...] = ()
    scope: tuple[str, ...] = ()
    files: int = 0
    findings: int = 0
    seconds: float = 0.0


class Also(msgspec.Struct, frozen=True):
    """An equivalent finding that another one stands for."""

    rule: str
    engine: str
    fingerprint: str


class Judged(msgspec.Struct, frozen=True):
    """A finding with its rule, its fingerprint and what became of it.

    `cause` is the changed place that brought it about, where that is not the place it is shown at: an alarm deleted elsewhere.
    """

    finding: Finding
    rule: Rule
    fingerprint: str
    disposition: Disposition
    reason: str | None = None
    also: tuple[Also, ...] = ()
    cause: Span | None = None

    @property
    def severity(self) -> Severity:
        return self.finding.severity or self.rule.severity

    @property
    def confidence(self) -> Confidence:
        return self.finding.confidence or self.rule.confidence

    @property
    def is_open(self) -> bool:
        """Whether it stands today: nothing switched it off, answered, waived, accepted or represents it."""
        return self.disposition in _OPEN

    @property
    def is_shown(self) -> bool:
        """Whether it belongs in the summary, the annotations and the terminal."""
        return self.disposition in (Disposition.REPORTED, Disposition.BELOW_THRESHOLD)


_OPEN = frozenset({Disposition.OUTSIDE_DIFF, Disposition.BELOW_THRESHOLD, Disposition.REPORTED})


class Verdict(msgspec.Struct, frozen=True):
    exit_code: int
    failing: int
    complete: bool


def text_hash(text: str) -> str:
    """What a fingerprint keeps of a line: a hash of its text without white space."""
    return _digest("".join(text.split()))


def fingerprints(findings: Sequence[Finding]) -> tuple[str, ...]:
    """A fingerprint for each finding, in order.

    The hash of engine, rule, subject, line text without white space, and ordinal among findings of the same file that share
    those, in order of lines. The path is no part of it, so a renamed file keeps its fingerprints.
    """
    keys = [(f.location.span.path, f.engine, f.rule, f.subject, f.text_hash) for f in findings]
    by_line = sorted(range(len(findings)), key=lambda i: (findings[i].location.span.line or 0, i))
    seen: defaultdict[tuple[str, ...], int] = defaultdict(int)
    marks = [""] * len(findings)
    for index in by_line:
        key = keys[index]
        marks[index] = _digest(*key[1:], str(seen[key]))
        seen[key] += 1
    return tuple(marks)


def _digest(*parts: str) -> str:
    data = "\0".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(data, digest_size=16).hexdigest()
