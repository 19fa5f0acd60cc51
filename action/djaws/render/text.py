"""The report for a terminal: findings by file with their lines, then what ran, what stayed open, and the verdict last."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice

from djaws.finding import Disposition, EngineRun, Judged, Related, Severity
from djaws.render import Options
from djaws.render.escaping import clipped, defused, flat, place, visible, visible_code
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
from djaws.report import Quote, Report

NARROWEST = 60
#: Where messages, quotes and what belongs to them begin: behind line, sign and severity.
INDENT = 18
MOST_CAUSES = 6
MOST_ERRORS = 3
MOST_QUOTED = 1

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
    "alarm": "97;41",
}
_STYLES = {
    Severity.CRITICAL: ("bold", "alarm"),
    Severity.HIGH: ("bold", "red"),
    Severity.MEDIUM: ("bold", "yellow"),
    Severity.LOW: ("cyan",),
    Severity.INFO: ("dim",),
}
_VERDICTS = {"failed": ("✗", "red"), "incomplete": ("!", "yellow"), "passed": ("✓", "green")}
_STATES = {
    "ran": "green",
    "cached": "green",
    "skipped": "dim",
    "missing": "yellow",
    "failed": "red",
    "timeout": "red",
}


class Pen:
    """Writes in colour, or not."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, text: str, *styles: str) -> str:
        if not self._colour or not styles or not text:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"


def render(report: Report, options: Options) -> str:
    pen, width = Pen(options.colour), max(options.width, NARROWEST)
    sections = (
        *_files(report, pen, width),
        _summary(report, pen, width),
        _engines(report, pen, width),
        _open_questions(report, pen, width),
        _waivers(report, pen, width),
        _fixed(report, pen, width),
        _notes(report, pen, width),
        _verdict(report, pen, width),
    )
    return defused("\n\n".join("\n".join(map(str.rstrip, lines)) for lines in sections if lines)) + "\n"


# --- findings


def _files(report: Report, pen: Pen, width: int) -> Iterator[list[str]]:
    """The file with the most prominent finding last, next to the verdict, where the reader looks."""
    shown = list(report.shown())
    order = {
        path: place for place, path in reversed([*enumerate(j.finding.location.span.path for j in shown)])
    }
    shown.sort(
        key=lambda judged: (-order[judged.finding.location.span.path], judged.finding.location.span.line or 0)
    )
    for path, group in groupby(shown, key=lambda judged: judged.finding.location.span.path):
        lines = [pen(visible(path), "bold")]
        for judged in group:
            lines += ["", *_finding(judged, report, pen, width)]
        yield lines


def _finding(judged: Judged, report: Report, pen: Pen, width: int) -> Iterator[str]:
    finding, span = judged.finding, judged.finding.location.span
    fails = judged.disposition is Disposition.REPORTED
    is_grave = report.fail_on != "none" and judged.severity.rank >= Severity(report.fail_on).rank
    emphasis = ("bold",) if fails else ()
    first, *rest = _wrapped(flat(finding.message) or flat(judged.rule.title), width - INDENT)
    sign = pen("✗", "bold", "red") if fails else pen("·", "dim")
    severity = pen(str(judged.severity), *_STYLES[judged.severity]) + " " * (8 - len(judged.severity))
    number = f"{span.line or '–':>5}"
    yield f"{pen(number, 'dim')} {sign} {severity}  {pen(first, *emphasis)}"
    yield from (" " * INDENT + pen(line, *emphasis) for line in rest)
    yield from (
        " " * INDENT + pen(line, "dim")
        for line in _wrapped(" · ".join(_meta(judged, is_grave)), width - INDENT)
    )
    quote = report.quotes.get(f"{span.path}:{span.line}")
    if quote and span.line:
        yield from _quoted(quote, span.line, span.end_line or span.line, pen, width)
    for related in places(judged):
        yield from _related(related, pen, width)


def _meta(judged: Judged, is_grave: bool) -> Iterator[str]:
    """Rule, subject, kind and circumstances; why it does not fail only when its severity would have it fail (`is_grave`)."""
    finding, rule = judged.finding, judged.rule
    yield flat(rule.id)
    if finding.subject:
        yield flat(finding.subject)
    yield f"{rule.topic}, {rule.pillar}"
    if finding.environment:
        yield f"in {flat(finding.environment)}"
    if judged.also:
        yield "also " + ", ".join(flat(also.rule) for also in judged.also)
    if judged.disposition is not Disposition.REPORTED and judged.reason and is_grave:
        yield f"not failing: {flat(judged.reason)}"


def _quoted(quote: Quote, first: int, last: int, pen: Pen, width: int) -> Iterator[str]:
    numbered = list(enumerate(quote.lines, quote.first))
    start = max(0, min(first - quote.first - MOST_QUOTED // 2, len(numbered) - MOST_QUOTED))
    for number, code in numbered[start : start + MOST_QUOTED]:
        is_meant = first <= number <= last
        gutter = pen(f"{number:>{INDENT - 3}} │", "red" if is_meant else "dim")
        text = clipped(visible_code(code), width - INDENT).rstrip()
        yield gutter + (" " if text else "") + pen(text, *(() if is_meant else ("dim",)))


def _related(related: Related, pen: Pen, width: int) -> Iterator[str]:
    lines = _wrapped(f"{place(related.span.path, related.span.line)} · {flat(related.note)}", width - INDENT)
    yield " " * (INDENT - 2) + pen(f"→ {lines[0]}", "cyan")
    yield from (" " * INDENT + pen(line, "cyan") for line in lines[1:])


# --- the summary


def _summary(report: Report, pen: Pen, width: int) -> list[str]:
    shown = list(report.shown())
    lines = [pen("summary", "bold")]
    if shown:
        by_severity = (
            f"{pen(str(severity), *_STYLES[severity])} {n}" for severity, n in severities(shown).items()
        )
        lines += ["  " + " · ".join(by_severity), "", *_table(shown, pen)]
    else:
        lines.append("  nothing open")
    hidden = dispositions(report)
    if hidden:
        parts = " · ".join(f"{disposition} {n}" for disposition, n in hidden.items())
        lines += ["", *(pen(line, "dim") for line in _hung("  ", f"not shown: {parts}", width))]
    lines += [f"  {one.name}: {one.covered} of {one.total} ({one.percent} %)" for one in coverages(report)]
    return lines


def _table(shown: Sequence[Judged], pen: Pen) -> Iterator[str]:
    """Open findings by topic and pillar, with the failing ones of a topic in a column of their own."""
    cells = Counter((judged.rule.topic, judged.rule.pillar) for judged in shown)
    failing = Counter(judged.rule.topic for judged in shown if judged.disposition is Disposition.REPORTED)
    totals = Counter(judged.rule.topic for judged in shown)
    pillars = [pillar for pillar in PILLARS if any(cell[1] == pillar for cell in cells)]
    topics = sorted(totals, key=lambda topic: (-failing[topic], -totals[topic], topic))
    wide = max(len(topic) for topic in (*topics, "topic"))
    widths = [max(len(_short(pillar)), 4) for pillar in pillars]
    head = "  ".join(f"{_short(pillar):>{size}}" for pillar, size in zip(pillars, widths, strict=True))
    yield pen(f"  {'topic':<{wide}}  {'open':>5}  {'failing':>7}  {head}", "dim")
    for topic in topics:
        counts = (cells[topic, pillar] for pillar in pillars)
        row = "  ".join(f"{n or '·':>{size}}" for n, size in zip(counts, widths, strict=True))
        fails = pen(f"{failing[topic] or '·':>7}", *(("bold", "red") if failing[topic] else ()))
        yield f"  {topic:<{wide}}  {totals[topic]:>5}  {fails}  {pen(row, 'dim')}"


def _short(pillar: str) -> str:
    return {"sustainability": "sustain.", "performance": "perform."}.get(pillar, pillar)


# --- what ran


def _engines(report: Report, pen: Pen, width: int) -> list[str]:
    if not report.runs:
        return []
    lines = [pen("engines", "bold")]
    wide = max(len(run.engine) for run in report.runs)
    for run in report.runs:
        lines += _engine(run, wide, pen, width)
    return lines


def _engine(run: EngineRun, wide: int, pen: Pen, width: int) -> Iterator[str]:
    state = pen(f"{run.state:<7}", _STATES[run.state])
    version = clipped(flat(run.version or "–"), 9)
    yield from _hung(
        f"  {run.engine:<{wide}}  {state}  {version:<9}  ", ", ".join(_engine_facts(run)), width, wide + 24
    )
    indent = " " * (wide + 4)
    for error in run.errors[:MOST_ERRORS]:
        text = f"{visible(error.path)}: {flat(error.because)}" if error.path else flat(error.because)
        yield from (indent + pen(line, "red") for line in _wrapped(clipped(text, 400), width - len(indent)))
    if len(run.errors) > MOST_ERRORS:
        yield indent + pen(f"and {count(len(run.errors) - MOST_ERRORS, 'more', 'more')}", "red")


def _engine_facts(run: EngineRun) -> Iterator[str]:
    units = run.units
    if run.state == "skipped":
        yield "not selected, or no file concerns it"
    elif run.state == "missing":
        yield f"not installed, {count(run.files, 'file')} for it: pip install 'djaws[engines]'"
    else:
        yield count(run.files, "file")
        yield count(run.findings, "finding")
        if units.failed:
            yield f"{units.failed} of {count(units.total, 'unit')} failed"
        if units.timeout:
            yield f"{units.timeout} of {count(units.total, 'unit')} ran out of time"
        if units.cached and run.state != "cached":
            yield f"{units.cached} of {units.total} cached"
        if run.seconds >= 0.05:
            yield f"{run.seconds:.1f} s"


# --- the rest


def _open_questions(report: Report, pen: Pen, width: int) -> list[str]:
    found = causes(report)
    if not found:
        return []
    lines = [
        pen("undecided", "bold")
        + pen(f"  {count(len(report.undecided), 'question')} nobody could answer from the files", "dim")
    ]
    for cause in found[:MOST_CAUSES]:
        where = place(cause.first.span.path, cause.first.span.line)
        rules = ", ".join(islice(cause.rules, 3)) + (", …" if len(cause.rules) > 3 else "")
        lines += _hung(f"{cause.count:>5} × ", f"{flat(cause.because)}", width)
        lines += (" " * 8 + pen(line, "dim") for line in _wrapped(f"{where} · {flat(rules)}", width - 8))
    if len(found) > MOST_CAUSES:
        rest = sum(cause.count for cause in found[MOST_CAUSES:])
        lines.append(
            pen(
                f"        and {count(rest, 'more', 'more')}, for {count(len(found) - MOST_CAUSES, 'other reason')}",
                "dim",
            )
        )
    return lines


def _waivers(report: Report, pen: Pen, width: int) -> list[str]:
    told = [(use, remark) for use in report.waivers if (remark := waiver_remark(use))]
    if not told:
        return []
    lines = [pen("waivers", "bold")]
    for use, remark in told:
        text = " · ".join(filter(None, map(flat, (use.where, use.rules, use.reason, use.owner))))
        lines += _hung("  ", f"{remark}: {text}", width)
    return lines


def _fixed(report: Report, pen: Pen, width: int) -> list[str]:
    if not report.fixed:
        return []
    lines = [pen("fixed by this change", "bold")]
    for one in report.fixed[:10]:
        lines += _hung(
            f"  {pen('✓', 'green')} ",
            f"{flat(one.rule)} · {visible(one.path)} · {flat(one.message)}",
            width,
            4,
        )
    if len(report.fixed) > 10:
        lines.append(f"    and {count(len(report.fixed) - 10, 'more', 'more')}")
    return lines


def _notes(report: Report, pen: Pen, width: int) -> list[str]:
    if not report.notes:
        return []
    return [pen("notes", "bold"), *(line for note in report.notes for line in _hung("  ", flat(note), width))]


def _verdict(report: Report, pen: Pen, width: int) -> list[str]:
    sign, colour = _VERDICTS[mark(report.verdict)]
    first, *rest = _hung(f"{sign} ", visible(verdict_line(report)), width)
    last = [pen(line, "bold", colour) for line in (first, *rest)]
    return [*last[:-1], last[-1] + pen(f"  {report.seconds:.1f} s", "dim")]


def _hung(lead: str, text: str, width: int, indent: int | None = None) -> Iterable[str]:
    """`text` wrapped behind `lead`; `indent` is the lead's width when it holds colour."""
    hang = len(lead) if indent is None else indent
    first, *rest = _wrapped(text, width - hang)
    return [lead + first, *(" " * hang + line for line in rest)]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 20), break_on_hyphens=False) or [""]
