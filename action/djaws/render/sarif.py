"""SARIF 2.1.0 as GitHub code scanning wants it: every open finding and nothing else.

What GitHub does with it: an alert missing from the next upload is closed as fixed, a suppressed result appears as an open
alert, and an alert shows on a pull request only when all its lines are in the diff. Hence open findings only, one line each,
and `executionSuccessful: false` after an incomplete run, which keeps alerts open.
"""

from __future__ import annotations

import gzip
import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, islice
from typing import Any

from djaws.finding import Confidence, Disposition, EngineRun, Judged, Related, Rule, Severity, Span
from djaws.render import Options
from djaws.render.escaping import clipped, flat, json_text, uri
from djaws.render.figures import count, places
from djaws.render.links import rule_address
from djaws.report import Report, prominence

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

#: GitHub's limits on an upload, the second with room to spare for another compressor.
MOST_FINDINGS = 25_000
MOST_BYTES = 9_500_000
MOST_RELATED = 100
MOST_NOTIFICATIONS = 500
NAME_LENGTH = 255
TEXT_LENGTH = 1024

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
#: GitHub: over 9.0 is critical, from 7.0 high, from 4.0 medium.
_SECURITY_SEVERITIES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.INFO: "0.5",
}
_PRECISIONS = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}

_SUPPRESSED = (
    Disposition.OFF,
    Disposition.ANSWERED,
    Disposition.WAIVED,
    Disposition.BASELINED,
    Disposition.DUPLICATE,
)

Node = dict[str, Any]


def render(report: Report, options: Options) -> str:
    """What to upload: the most important findings, as many as GitHub takes."""
    ranked = sorted((judged for judged in report.judged if judged.is_open), key=prominence)
    kept = ranked[:MOST_FINDINGS]
    while True:
        text = json_text(document(report, kept, options, left_out=len(ranked) - len(kept)), indent=1) + "\n"
        size = _compressed_size(text)
        if size <= MOST_BYTES or not kept:
            return text
        kept = kept[: len(kept) * MOST_BYTES * 9 // (size * 10)]


def _compressed_size(text: str) -> int:
    data = text.encode()
    return len(data) if len(data) <= MOST_BYTES else len(gzip.compress(data, 6))


def document(report: Report, findings: Sequence[Judged], options: Options, left_out: int = 0) -> Node:
    """One log with one run that holds `findings` in the order given."""
    ids = _ids(judged.rule for judged in findings)
    indices = {key: index for index, key in enumerate(ids)}
    rules = {(judged.rule.engine, judged.rule.id): judged.rule for judged in findings}
    line_hash = _line_hashes(options.read)
    run: Node = {
        "tool": {
            "driver": {
                "name": "djaws",
                "version": report.version,
                "semanticVersion": semantic_version(report.version),
                "rules": [_descriptor(rules[key], ids[key]) for key in ids],
            }
        },
        "automationDetails": {"id": "djaws/"},
        "invocations": [_invocation(report, left_out)],
        "columnKind": "unicodeCodePoints",
        "results": [_finding(judged, ids, indices, line_hash) for judged in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def semantic_version(version: str) -> str:
    """A Python version (PEP 440) as semantic versioning writes it: `1.2rc1` is `1.2.0-rc1`."""
    found = re.match(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?(.*)", version)
    if not found:
        return "0.0.0"
    core = ".".join(part or "0" for part in found.groups()[:3])
    rest, _, build = found[4].partition("+")
    before = re.sub(r"[^0-9A-Za-z]+", ".", rest).strip(".")
    local = re.sub(r"[^0-9A-Za-z]+", ".", build).strip(".")
    return core + (f"-{before}" if before else "") + (f"+{local}" if local else "")


# --- rules

_Key = tuple[str, str]


def _ids(rules: Iterable[Rule]) -> dict[_Key, str]:
    """The id that stands for each rule, by engine and id: its own, unless two engines use the same."""
    keys = sorted({(rule.engine, rule.id) for rule in rules}, key=lambda key: (key[1], key[0]))
    own = [rule for _, rule in keys]
    return {(engine, rule): rule if own.count(rule) == 1 else f"{engine}/{rule}" for engine, rule in keys}


def _descriptor(rule: Rule, shown_id: str) -> Node:
    title = clipped(flat(rule.title) or shown_id, TEXT_LENGTH)
    text = rule.help.strip() or title
    first = flat(text.partition("\n\n")[0]) if rule.help else title
    node: Node = {
        "id": shown_id,
        "name": rule_name(title, shown_id),
        "shortDescription": {"text": title},
        "fullDescription": {"text": clipped(first.lstrip("# "), TEXT_LENGTH)},
        "help": {
            "text": f"{text}\n\n{_standing(rule)}",
            "markdown": f"{text}\n\n{_standing(rule, markdown=True)}",
        },
        "defaultConfiguration": {"level": level(rule.severity, rule.confidence, rule)},
        "properties": _properties(rule),
    }
    address = rule_address(rule)
    if address:
        node["helpUri"] = address
    return node


def rule_name(title: str, rule_id: str) -> str:
    """A readable name in one word, from the title; never equal to the id (the format forbids it)."""
    words = re.findall(r"[A-Za-z0-9]+", title) or re.findall(r"[A-Za-z0-9]+", rule_id) or ["Rule"]
    name = "".join(word[:1].upper() + word[1:] for word in words)[: NAME_LENGTH - 4]
    return f"{name}Rule" if name == rule_id else name


def _standing(rule: Rule, markdown: bool = False) -> str:
    """Severity with its source, topic and pillar, and where to read on."""
    source = f" ({flat(rule.severity_source)})" if rule.severity_source else ""
    parts = [
        f"Severity: {rule.severity}{source}. Topic: {rule.topic}. Pillar: {rule.pillar}. Engine: {rule.engine}."
    ]
    if rule.advice:
        parts.append(f"Advice: {', '.join(rule.advice)}.")
    address = rule_address(rule)
    if address:
        parts.append(f"[Documentation of {rule.engine}]({address})." if markdown else f"See {address}")
    command = f"djaws explain {flat(rule.id)}"
    parts.append(f"Offline: `{command}`." if markdown else f"Offline: {command}")
    return "  \n".join(parts) if markdown else "\n".join(parts)


def _properties(rule: Rule) -> Node:
    tags = dict.fromkeys((rule.pillar, rule.topic, rule.engine, *rule.advice, *rule.tags))
    node: Node = {"tags": [*islice(filter(None, tags), 10)], "precision": _PRECISIONS[rule.confidence]}
    if rule.pillar == "security":
        node["security-severity"] = _SECURITY_SEVERITIES[_capped(rule.severity, rule.confidence, rule)]
    return node


def level(severity: Severity, confidence: Confidence, rule: Rule) -> str:
    """The level GitHub acts on. What never fails djaws must not fail GitHub's own check: at most a warning there."""
    return _LEVELS[_capped(severity, confidence, rule)]


def _capped(severity: Severity, confidence: Confidence, rule: Rule) -> Severity:
    never_fails = confidence is Confidence.LOW or rule.default == "advice"
    return Severity.MEDIUM if never_fails and severity.rank > Severity.MEDIUM.rank else severity


# --- findings


def _finding(
    judged: Judged, ids: dict[_Key, str], indices: dict[_Key, int], line_hash: Callable[[Span], str | None]
) -> Node:
    finding, key = judged.finding, (judged.rule.engine, judged.rule.id)
    span, related = finding.location.span, _related(judged)
    prints = {"djaws/v1": judged.fingerprint}
    hashed = line_hash(span)
    if hashed:
        prints["primaryLocationLineHash"] = hashed
    node: Node = {
        "ruleId": ids[key],
        "ruleIndex": indices[key],
        "level": level(judged.severity, judged.confidence, judged.rule),
        "message": {"text": _message(judged, related)},
        "locations": [{"physicalLocation": _physical(span, one_line=True)}],
        "partialFingerprints": prints,
        "properties": _facts(judged),
    }
    if related:
        node["relatedLocations"] = [
            {"id": number, "physicalLocation": _physical(one.span), "message": {"text": _sentence(one.note)}}
            for number, one in enumerate(related, 1)
        ]
    if judged.disposition in _SUPPRESSED:
        node["suppressions"] = [_suppression(judged)]
    return node


def _physical(span: Span, one_line: bool = False) -> Node:
    region: Node = {"startLine": max(span.line or 1, 1)}
    if one_line and span.column and span.column > 0:
        region["startColumn"] = span.column
    if not one_line and span.line and span.end_line and span.end_line > span.line:
        region["endLine"] = span.end_line
    return {"artifactLocation": {"uri": uri(span.path)}, "region": region}


def _related(judged: Judged) -> list[Related]:
    """The block first, then the places the finding names."""
    location = judged.finding.location
    block = location.block
    if block is None and location.span.end_line and location.span.end_line != location.span.line:
        block = location.span
    first = (
        [Related(block, f"the whole of {judged.finding.subject or 'the block'}")]
        if block and block.line
        else []
    )
    return [*first, *places(judged)][:MOST_RELATED]


def _message(judged: Judged, related: Sequence[Related]) -> str:
    """What GitHub shows: the first sentence is the title, so it names the fault and its subject."""
    finding = judged.finding
    text = flat(finding.message) or flat(judged.rule.title) or judged.rule.id
    named = not finding.subject or finding.subject in finding.message
    parts = [_sentence(text if named else f"{text} ({finding.subject})")]
    if finding.environment:
        parts.append(_sentence(f"In {finding.environment}"))
    if judged.also:
        parts.append(
            _sentence("Also reported as " + ", ".join(f"{also.rule} ({also.engine})" for also in judged.also))
        )
    if related:
        parts.append(
            "See "
            + ", ".join(f"[{_bare(one.note)}]({number})" for number, one in enumerate(related, 1))
            + "."
        )
    return " ".join(parts)


def _sentence(text: str) -> str:
    """`text` with a full stop, and with nothing in it that a viewer takes for a link."""
    flattened = flat(text).replace("](", "] (")
    return flattened if flattened.endswith((".", "!", "?", "…")) else f"{flattened}."


def _bare(text: str) -> str:
    """`text` fit for the inside of a link."""
    return re.sub(r"[\[\]\\]", " ", clipped(flat(text).rstrip("."), 120)).strip() or "here"


def _facts(judged: Judged) -> Node:
    finding = judged.finding
    facts: Node = {
        "disposition": str(judged.disposition),
        "reason": judged.reason,
        "severity": str(judged.severity),
        "confidence": str(judged.confidence),
        "engine": judged.rule.engine,
        "topic": judged.rule.topic,
        "pillar": judged.rule.pillar,
        "subject": finding.subject or None,
        "environment": finding.environment or None,
        "also": [also.rule for also in judged.also] or None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _suppression(judged: Judged) -> Node:
    in_source = judged.disposition is Disposition.WAIVED and judged.finding.waived is not None
    because = f"{judged.disposition}: {flat(judged.reason)}" if judged.reason else str(judged.disposition)
    return {"kind": "inSource" if in_source else "external", "status": "accepted", "justification": because}


# --- the run


def _invocation(report: Report, left_out: int) -> Node:
    notes = [note for run in report.runs for note in _notifications(run)]
    if left_out:
        notes.insert(
            0,
            _notification(
                "warning", f"{count(left_out, 'less important finding')} left out: GitHub takes no more."
            ),
        )
    if len(notes) > MOST_NOTIFICATIONS:
        rest = len(notes) - MOST_NOTIFICATIONS
        notes = [
            *notes[:MOST_NOTIFICATIONS],
            _notification("error", f"{count(rest, 'more notification')} left out."),
        ]
    node: Node = {"executionSuccessful": report.verdict.complete, "exitCode": report.verdict.exit_code}
    if notes:
        node["toolExecutionNotifications"] = notes
    return node


def _notifications(run: EngineRun) -> list[Node]:
    notes = [
        _notification("error", f"{run.engine}: {flat(error.because)}", error.path) for error in run.errors
    ]
    if run.state in ("missing", "failed", "timeout"):
        notes.insert(
            0,
            _notification(
                "error", f"{run.engine} {'ran out of time' if run.state == 'timeout' else run.state}."
            ),
        )
    return notes


def _notification(level_: str, text: str, path: str = "") -> Node:
    node: Node = {"level": level_, "message": {"text": _sentence(text)}}
    if path:
        node["locations"] = [{"physicalLocation": {"artifactLocation": {"uri": uri(path)}}}]
    return node


# --- GitHub's fingerprint of a line

_WINDOW = 100
_FACTOR = 37
_MASK = (1 << 64) - 1
_OUT = pow(_FACTOR, _WINDOW, 1 << 64)
_BLANKS = {ord(" "): None, ord("\t"): None}


def primary_location_line_hash(text: str) -> list[str]:
    """The fingerprint that GitHub gives each line of a file: a hash of the next 100 UTF-16 code units from its start, blanks
    left out, and `:n` for its n-th occurrence in the file. As github/codeql-action computes it (src/fingerprints.ts).

    The hash of a window is the difference of two hashes of everything before its ends.
    """
    plain = text.replace("\r\n", "\n").translate(_BLANKS).replace("\r", "\n")
    units = array("H", plain.encode("utf-16-le", "surrogatepass"))
    units.append(0xFFFF)
    units.extend([0] * _WINDOW)
    before = array("Q", accumulate(units, lambda h, unit: (h * _FACTOR + unit) & _MASK, initial=0))
    line_feed = ord("\n")
    end = len(units) - _WINDOW
    starts = [0, *(index + 1 for index in range(end - 1) if units[index] == line_feed)]
    seen: dict[int, int] = {}
    hashes = []
    for start in starts:
        value = (before[start + _WINDOW] - before[start] * _OUT) & _MASK
        seen[value] = seen.get(value, 0) + 1
        hashes.append(f"{value:x}:{seen[value]}")
    return hashes


def _line_hashes(read: Callable[[str], str | None] | None) -> Callable[[Span], str | None]:
    """The hash of a finding's line, each file read once; None where the text cannot be had."""
    files: dict[str, list[str]] = {}

    def hash_of(span: Span) -> str | None:
        if read is None:
            return None
        if span.path not in files:
            text = read(span.path)
            files[span.path] = [] if text is None else primary_location_line_hash(text)
        hashes, line = files[span.path], max(span.line or 1, 1)
        return hashes[line - 1] if line <= len(hashes) else None

    return hash_of
