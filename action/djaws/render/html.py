"""One self-contained page: no network, no text of the repository that is not escaped, code allowed by its hash only."""

from __future__ import annotations

import base64
import datetime
import hashlib
from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup

from djaws import catalogue
from djaws.explain import waiver
from djaws.finding import Disposition, EngineRun, Judged, Rule, Severity
from djaws.render import Options
from djaws.render.escaping import flat, json_text, place, visible, visible_code
from djaws.render.figures import (
    PILLARS,
    causes,
    count,
    coverages,
    mark,
    places,
    severities,
    verdict_line,
    waiver_remark,
)
from djaws.render.links import rule_address
from djaws.render.wire import finding_entry
from djaws.report import Quote, Report, prominence

#: What stays in JSON and the audit file.
_LEFT_OUT = (Disposition.OFF, Disposition.DUPLICATE)
_SIGNS = {"failed": "✗", "incomplete": "!", "passed": "✓"}
#: Without scripts the page lists this many.
STATIC_FINDINGS = 200

Node = dict[str, Any]


def render(report: Report, options: Options) -> str:
    files = resources.files("djaws.render") / "page"
    style, script = ((files / name).read_text("utf-8") for name in ("report.css", "report.js"))
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=False)
    template = environment.from_string((files / "report.html.j2").read_text("utf-8"))
    page = template.render(
        style=Markup(style),
        style_hash=_hash(style),
        script=Markup(script),
        script_hash=_hash(script),
        payload=Markup(_script_safe(json_text(_payload(report, options), indent=0))),
        **_summary(report, options),
    )
    return page.rstrip("\n") + "\n"


def _hash(code: str) -> str:
    return base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()


def _script_safe(text: str) -> str:
    """JSON that can stand inside a script element: nothing in it ends the element or opens another."""
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


# --- the findings, for the page's script


def _payload(report: Report, options: Options) -> Node:
    listed = sorted(
        (judged for judged in report.judged if judged.disposition not in _LEFT_OUT), key=prominence
    )
    rules = {_rule_key(judged.rule): _rule(judged.rule) for judged in listed}
    today = datetime.date.today()
    return {"rules": rules, "findings": [_finding(judged, report, options, today) for judged in listed]}


def _rule_key(rule: Rule) -> str:
    return flat(f"{rule.engine}:{rule.id}")


def _rule(rule: Rule) -> Node:
    return {
        "id": flat(rule.id),
        "engine": rule.engine,
        "title": flat(rule.title),
        "help": "\n".join(map(visible_code, (rule.help or rule.title).splitlines())),
        "source": flat(rule.severity_source),
        "topic": flat(rule.topic),
        "pillar": rule.pillar,
        "advice": [flat(point) for point in rule.advice],
        "sections": _sections(rule),
        "address": rule_address(rule),
    }


def _sections(rule: Rule) -> list[str]:
    points = catalogue.advice()
    return sorted({points[point].section for point in rule.advice if point in points})


def _finding(judged: Judged, report: Report, options: Options, today: datetime.date) -> Node:
    finding, span = judged.finding, judged.finding.location.span

    def link(path: str, line: int | None) -> str | None:
        address = options.link(path, line) if options.link else None
        return address and visible(address)

    quote = report.quotes.get(f"{span.path}:{span.line}")
    return {
        "rule": _rule_key(judged.rule),
        "severity": judged.severity,
        "confidence": judged.confidence,
        "disposition": judged.disposition,
        "reason": flat(judged.reason or ""),
        "message": flat(finding.message) or flat(judged.rule.title),
        "path": visible(span.path),
        "line": span.line,
        "address": link(span.path, span.line),
        "subject": flat(finding.subject),
        "environment": flat(finding.environment),
        "fingerprint": judged.fingerprint,
        "also": [(flat(also.rule), also.engine) for also in judged.also],
        "related": [
            (place(r.span.path, r.span.line), flat(r.note), link(r.span.path, r.span.line))
            for r in places(judged)
        ],
        "quote": _quote(quote, span.line, span.end_line or span.line) if quote and span.line else None,
        "waiver": _waiver(judged, today) if judged.is_open else None,
    }


def _waiver(judged: Judged, today: datetime.date) -> tuple[str, str]:
    """The comment for the line (empty where the file has none) and the entry for the configuration."""
    lines = [visible(line) for line in waiver(finding_entry(judged), today)]
    start = next(index for index, line in enumerate(lines) if line.strip() == "[[waivers]]")
    return lines[0].strip() if start else "", "\n".join(line.strip() for line in lines[start:])


def _quote(quote: Quote, first: int, last: int | None) -> Node:
    return {
        "first": quote.first,
        "from": first,
        "to": last or first,
        "lines": [visible_code(line) for line in quote.lines],
    }


# --- the rest, written by the template


def _summary(report: Report, options: Options) -> Node:
    shown = list(report.shown())
    found = causes(report)
    return {
        "version": visible(report.version),
        "verdict": {
            "word": mark(report.verdict),
            "sign": _SIGNS[mark(report.verdict)],
            "line": _capital(verdict_line(report)),
        },
        "facts": _facts(report),
        "tiles": _tiles(report, shown),
        "runs": [_run(run) for run in report.runs],
        "by_topic": _bars(shown, lambda judged: judged.rule.topic),
        "by_pillar": _bars(shown, lambda judged: judged.rule.pillar, PILLARS),
        "coverage": coverages(report),
        "advice": [
            msgspec.structs.replace(row, id=flat(row.id), title=flat(row.title)) for row in options.advice
        ],
        "first": [_static(judged) for judged in shown[:STATIC_FINDINGS]],
        "undecided": [
            {
                "count": cause.count,
                "because": flat(cause.because),
                "place": place(cause.first.span.path, cause.first.span.line),
                "rules": [flat(rule) for rule in cause.rules],
            }
            for cause in found[:500]
        ],
        "undecided_line": f"{count(len(report.undecided), 'question')}, {count(len(found), 'cause')}",
        "waivers": [
            {
                "where": visible(use.where),
                "rules": flat(use.rules),
                "reason": flat(use.reason),
                "owner": flat(use.owner),
                "expires": flat(use.expires),
                "used": use.used,
                "remark": waiver_remark(use),
            }
            for use in report.waivers
        ],
        "waivers_line": count(len(report.waivers), "waiver"),
        "fixed": [
            {"rule": flat(one.rule), "path": visible(one.path), "message": flat(one.message)}
            for one in report.fixed
        ],
        "fixed_line": count(len(report.fixed), "finding"),
        "notes": [flat(note) for note in report.notes],
    }


def _capital(text: str) -> str:
    return visible(text[:1].upper() + text[1:])


def _facts(report: Report) -> list[str]:
    facts = [f"fails on: {report.fail_on}"]
    if report.base:
        facts.append(f"compared with {visible(report.base)[:60]}")
    facts += [count(sum(run.files for run in report.runs), "file") + " read", f"{report.seconds:.1f} s"]
    return facts


def _tiles(report: Report, shown: Sequence[Judged]) -> list[Node]:
    tiles = [
        {
            "kind": "failing",
            "name": "failing",
            "count": f"{report.verdict.failing:,}",
            "state": "disposition=failing",
        },
        {"kind": "all", "name": "open", "count": f"{len(shown):,}", "state": "disposition=open"},
    ]
    found = severities(shown)
    return tiles + [
        {"kind": severity, "name": severity, "count": f"{found[severity]:,}", "state": f"severity={severity}"}
        for severity in Severity
        if severity in found
    ]


def _run(run: EngineRun) -> Node:
    units = run.units
    parts = (
        f"{number:,} {word}"
        for number, word in (
            (units.ran, "ran"),
            (units.cached, "cached"),
            (units.failed, "failed"),
            (units.timeout, "out of time"),
        )
        if number
    )
    return {
        "engine": run.engine,
        "state": run.state,
        "version": visible(run.version or "–"),
        "files": f"{run.files:,}",
        "findings": f"{run.findings:,}",
        "units": ", ".join(parts) or "–",
        "seconds": f"{run.seconds:.1f} s",
        "errors": [
            {"path": visible(error.path), "because": flat(error.because)} for error in run.errors[:50]
        ],
    }


def _bars(shown: Iterable[Judged], key: Callable[[Judged], str], order: Sequence[str] = ()) -> list[Node]:
    """A bar for each group, as long as its share of the longest, in parts by severity (0 to 100)."""
    groups: dict[str, list[Judged]] = {}
    for judged in shown:
        groups.setdefault(key(judged), []).append(judged)
    longest = max(map(len, groups.values()), default=1)
    names = sorted(
        groups, key=lambda name: (order.index(name) if name in order else -len(groups[name]), name)
    )
    return [
        {"name": flat(name), "total": f"{len(groups[name]):,}", "parts": _parts(groups[name], longest)}
        for name in names
    ]


def _parts(judged: Sequence[Judged], longest: int) -> list[Node]:
    parts, start = [], 0.0
    for severity, number in severities(judged).items():
        width = 100 * number / longest
        parts.append({"severity": severity, "start": f"{start:.2f}", "width": f"{width:.2f}"})
        start += width
    return parts


def _static(judged: Judged) -> Node:
    span = judged.finding.location.span
    return {
        "severity": judged.severity,
        "place": place(span.path, span.line),
        "message": flat(judged.finding.message),
        "rule": flat(judged.rule.id),
    }
