"""The shape of `--format json`, the stable machine interface; its JSON Schema is made from these types."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from djaws.errors import DjawsError
from djaws.finding import (
    Also,
    Confidence,
    Disposition,
    EngineRun,
    Judged,
    Severity,
    Undecided,
    Verdict,
)
from djaws.render.figures import places
from djaws.report import Report

#: Lines and columns count from 1.
Number = Annotated[int, msgspec.Meta(ge=1)]


class Tool(msgspec.Struct, frozen=True):
    name: str
    version: str


class RelatedPlace(msgspec.Struct, frozen=True):
    path: str
    line: Number | None
    note: str


class FindingEntry(msgspec.Struct, frozen=True):
    """A finding. `line` is null for one about the whole file; `block` holds the first and last line of the block that the
    engine reports, when it reports one; `reason` says why the disposition is not `reported`."""

    rule: str
    engine: str
    severity: Severity
    confidence: Confidence
    topic: str
    pillar: str
    message: str
    path: str
    line: Number | None
    end_line: Number | None
    column: Number | None
    block: tuple[Number, Number] | None
    subject: str
    fingerprint: str
    disposition: Disposition
    reason: str | None
    also: tuple[Also, ...]
    related: tuple[RelatedPlace, ...]
    help: str


class UndecidedEntry(msgspec.Struct, frozen=True):
    rule: str
    path: str
    line: Number | None
    because: str


class Document(msgspec.Struct, frozen=True):
    """One run of djaws: what ran, what was found and judged, what could not be decided, and the verdict."""

    version: Literal[1]
    tool: Tool
    runs: tuple[EngineRun, ...]
    findings: tuple[FindingEntry, ...]
    undecided: tuple[UndecidedEntry, ...]
    verdict: Verdict


def to_struct(report: Report) -> Document:
    """The report as it travels: findings by path, line, rule and fingerprint."""
    return Document(
        version=1,
        tool=Tool("djaws", report.version),
        runs=tuple(msgspec.structs.replace(run, seconds=round(run.seconds, 3)) for run in report.runs),
        findings=tuple(finding_entry(judged) for judged in sorted(report.judged, key=_place)),
        undecided=tuple(_question(undecided) for undecided in sorted(report.undecided, key=_cause)),
        verdict=report.verdict,
    )


def parse(data: bytes) -> Document:
    """A report read back. `DjawsError` when it is none; keys of later versions are passed over."""
    try:
        return msgspec.json.decode(data, type=Document)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DjawsError(
            f"not a djaws report: {error}; write one with `djaws check --output json=FILE`"
        ) from error


def _place(judged: Judged) -> tuple[str, int, str, str, str]:
    span = judged.finding.location.span
    return (span.path, span.line or 0, judged.rule.id, judged.fingerprint, judged.finding.message)


def _cause(undecided: Undecided) -> tuple[str, int, str, str]:
    return (undecided.span.path, undecided.span.line or 0, undecided.rule, undecided.because)


def finding_entry(judged: Judged) -> FindingEntry:
    finding = judged.finding
    span, block = finding.location.span, finding.location.block
    lines = (block.line, block.end_line or block.line) if block and block.line else None
    return FindingEntry(
        rule=judged.rule.id,
        engine=judged.rule.engine,
        severity=judged.severity,
        confidence=judged.confidence,
        topic=judged.rule.topic,
        pillar=judged.rule.pillar,
        message=finding.message,
        path=span.path,
        line=span.line,
        end_line=span.end_line or span.line,
        column=span.column,
        block=lines,
        subject=finding.subject,
        fingerprint=judged.fingerprint,
        disposition=judged.disposition,
        reason=judged.reason,
        also=judged.also,
        related=tuple(RelatedPlace(r.span.path, r.span.line, r.note) for r in places(judged)),
        help=judged.rule.help or judged.rule.title,
    )


def _question(undecided: Undecided) -> UndecidedEntry:
    return UndecidedEntry(undecided.rule, undecided.span.path, undecided.span.line, undecided.because)
