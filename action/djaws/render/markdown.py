"""The job summary: Markdown that GitHub shows whole, whatever the repository holds.

A summary over 1 MiB is dropped altogether, so each part has a share of bytes and is cut by whole rows. Text of the repository
is written as character references, which Markdown never takes for structure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from djaws.finding import Disposition, EngineRun, Judged, Severity
from djaws.render import Options
from djaws.render.escaping import clipped, flat, visible
from djaws.render.figures import (
    PILLARS,
    causes,
    count,
    coverages,
    dispositions,
    mark,
    places,
    severities,
    verdict_line,
    waiver_remark,
)
from djaws.report import Report

Link = Callable[[str, int | None], str | None]

#: Bytes and rows: together well under 1 MiB, and no more than anybody reads.
FAILING_BYTES, FAILING_ROWS = 400_000, 250
OPEN_BYTES, OPEN_ROWS = 150_000, 100
OTHER_BYTES, OTHER_ROWS = 40_000, 50
CAUSES = 10
CELL_LENGTH = 400

_ICONS = {
    Severity.CRITICAL: "🟥",
    Severity.HIGH: "🟧",
    Severity.MEDIUM: "🟨",
    Severity.LOW: "🟦",
    Severity.INFO: "⬜",
}
_VERDICTS = {"failed": "❌", "incomplete": "⚠️", "passed": "✅"}
_STATES = {"ran": "✅", "cached": "✅", "skipped": "➖", "missing": "⚠️", "failed": "❌", "timeout": "❌"}

_STRUCTURAL = re.compile(r"[\\`*_{}\[\]<>#+!|&~$\"']|^[-=]|:(?=//)|(?<=www)\.", re.IGNORECASE)
_CALLING = re.compile(r"[@#](?=\w)")


def render(report: Report, options: Options) -> str:
    sections = (
        [f"## {_VERDICTS[mark(report.verdict)]} djaws {escaped(verdict_line(report))}"],
        _engines(report),
        _findings(report, options.link),
        _topics(report),
        _advice(options),
        _coverage(report),
        _undecided(report, options.link),
        _waivers(report),
        _fixed(report, options.link),
        _notes(report),
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


# --- text of the repository


def escaped(text: str, length: int = CELL_LENGTH) -> str:
    """`text` as it is, on one line: no markup, no link, no mention, no reference to an issue."""
    plain = _CALLING.sub(lambda found: f"{found[0]}\u200b", clipped(flat(text), length))
    return _STRUCTURAL.sub(lambda found: f"&#{ord(found[0])};", plain)


def code(text: str, length: int = CELL_LENGTH) -> str:
    return f"<code>{escaped(text, length)}</code>" if text else ""


def place(path: str, line: int | None, link: Link | None) -> str:
    """A path and line, as a link when there is an address for it."""
    name = clipped(visible(path), CELL_LENGTH)
    shown = code(f"{name}:{line}" if line else name, CELL_LENGTH + 20)
    address = link(path, line) if link else None
    return f'<a href="{_attribute(address)}">{shown}</a>' if address else shown


def _attribute(address: str) -> str:
    return re.sub(r"[^\w.~:/?#@%=+,;-]", lambda found: f"&#{ord(found[0])};", address)


# --- parts


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], most_bytes: int = OTHER_BYTES, most: int = OTHER_ROWS
) -> list[str]:
    """A table with as many whole rows as fit, and a line that counts the others; nothing without rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return []
    top = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return [*top, *_fitting(lines, most_bytes, most, "\n… ")]


def _fitting(lines: Sequence[str], most_bytes: int, most: int, lead: str) -> Iterator[str]:
    used = 0
    for number, line in enumerate(lines):
        used += len(line.encode()) + 1
        if number >= most or used > most_bytes:
            yield f"{lead}and {count(len(lines) - number, 'more', 'more')}"
            return
        yield line


def _engines(report: Report) -> list[str]:
    rows = (
        (f"{_STATES[run.state]} {run.engine}", escaped(run.version or "–", 40), *_engine_cells(run))
        for run in report.runs
    )
    lines = table(("engine", "version", "state", "files", "findings", "time"), rows)
    errors = [
        f"- **{run.engine}** {code(error.path) + ' ' if error.path else ''}{escaped(error.because)}"
        for run in report.runs
        for error in run.errors
    ]
    return [*lines, *([""] if errors else []), *_fitting(errors, OTHER_BYTES, 20, "- … ")]


def _engine_cells(run: EngineRun) -> tuple[str, ...]:
    units = run.units
    parts = [
        f"{units.failed} of {units.total} failed" if units.failed else "",
        f"{units.timeout} of {units.total} out of time" if units.timeout else "",
        f"{units.cached} of {units.total} cached" if 0 < units.cached < units.total else "",
    ]
    state = ", ".join((str(run.state), *filter(None, parts)))
    return state, str(run.files), str(run.findings), f"{run.seconds:.1f} s" if run.seconds else "–"


def _findings(report: Report, link: Link | None) -> list[str]:
    shown = list(report.shown())
    failing = [judged for judged in shown if judged.disposition is Disposition.REPORTED]
    others = [judged for judged in shown if judged.disposition is not Disposition.REPORTED]
    lines: list[str] = []
    if failing:
        lines += [f"### Failing{_new(report)}: {_by_severity(failing)}", ""]
        lines += table(_FINDING_HEAD, (_finding(one, link) for one in failing), FAILING_BYTES, FAILING_ROWS)
    if others:
        rows = table(_FINDING_HEAD, (_finding(one, link) for one in others), OPEN_BYTES, OPEN_ROWS)
        summary = f"<summary>Open, not failing: {_by_severity(others)}</summary>"
        lines += [*([""] if lines else []), f"<details>{summary}", "", *rows, "", "</details>"]
    hidden = dispositions(report)
    if hidden:
        told = ", ".join(f"{number:,} {disposition}" for disposition, number in hidden.items())
        lines += [*([""] if lines else []), f"Not shown: {told}."]
    return lines


_FINDING_HEAD = ("severity", "finding", "place", "rule")


def _new(report: Report) -> str:
    return " (new in this change)" if report.base else ""


def _by_severity(judged: Iterable[Judged]) -> str:
    return ", ".join(
        f"{_ICONS[severity]} {number:,} {severity}" for severity, number in severities(judged).items()
    )


def _finding(judged: Judged, link: Link | None) -> tuple[str, ...]:
    finding, span = judged.finding, judged.finding.location.span
    told = escaped(finding.message or judged.rule.title)
    if finding.subject and finding.subject not in finding.message:
        told += f"<br>{code(finding.subject)}"
    if finding.environment:
        told += f" in {code(finding.environment)}"
    for related in places(judged)[:3]:
        told += f"<br>→ {place(related.span.path, related.span.line, link)} {escaped(related.note, 200)}"
    rules = "<br>".join(
        code(rule, 100) for rule in (judged.rule.id, *(also.rule for also in judged.also[:5]))
    )
    return f"{_ICONS[judged.severity]} {judged.severity}", told, place(span.path, span.line, link), rules


def _topics(report: Report) -> list[str]:
    shown = list(report.shown())
    cells = Counter((judged.rule.topic, judged.rule.pillar) for judged in shown)
    topics = Counter(judged.rule.topic for judged in shown)
    pillars = [pillar for pillar in PILLARS if any(cell[1] == pillar for cell in cells)]
    ordered = sorted(topics, key=lambda topic: (-topics[topic], topic))
    rows = (
        [escaped(topic, 40), *(str(cells[topic, pillar] or "") for pillar in pillars), str(topics[topic])]
        for topic in ordered
    )
    lines = table(("topic", *pillars, "all"), rows)
    return ["### By topic and pillar", "", *lines] if lines else []


def _advice(options: Options) -> list[str]:
    rows = (
        (
            escaped(f"{row.id} {row.title}"),
            str(row.checked),
            str(row.decided),
            str(row.failing),
            str(row.undecided),
        )
        for row in options.advice
    )
    lines = table(("advice", "checked", "decided", "failing", "undecided"), rows)
    return ["### By advice", "", *lines] if lines else []


def _coverage(report: Report) -> list[str]:
    rows = ((one.name, f"{one.covered} of {one.total}", f"{one.percent} %") for one in coverages(report))
    lines = table(("coverage", "", ""), rows)
    return ["### Coverage", "", *lines] if lines else []


def _undecided(report: Report, link: Link | None) -> list[str]:
    found = causes(report)
    rows = (
        (
            f"{cause.count:,}",
            escaped(cause.because),
            place(cause.first.span.path, cause.first.span.line, link),
            " ".join(code(rule, 100) for rule in cause.rules[:3]) + (" …" if len(cause.rules) > 3 else ""),
        )
        for cause in found
    )
    lines = table(("questions", "open because", "first at", "rules"), rows, most=CAUSES)
    if not lines:
        return []
    summary = f"<summary>Undecided: {count(len(report.undecided), 'question')}</summary>"
    return [f"<details>{summary}", "", *lines, "", "</details>"]


def _waivers(report: Report) -> list[str]:
    rows = (
        (
            remark,
            code(use.where),
            code(use.rules, 200),
            escaped(use.reason),
            escaped(use.expires, 20),
            escaped(use.owner, 60),
        )
        for use in report.waivers
        if (remark := waiver_remark(use))
    )
    lines = table(("waivers", "where", "rules", "reason", "until", "owner"), rows)
    return ["### Waivers to look at", "", *lines] if lines else []


def _fixed(report: Report, link: Link | None) -> list[str]:
    rows = ((code(one.rule, 100), place(one.path, None, link), escaped(one.message)) for one in report.fixed)
    lines = table(("rule", "file", "finding"), rows)
    return [f"### Fixed by this change: {len(report.fixed):,}", "", *lines] if lines else []


def _notes(report: Report) -> list[str]:
    notes = [f"- {escaped(note)}" for note in report.notes]
    return ["### Notes", "", *_fitting(notes, OTHER_BYTES, OTHER_ROWS, "- … ")] if notes else []
