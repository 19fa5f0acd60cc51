"""What a rule means and what a finding asks for, in text, without looking at anything but shipped data and a report."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from djaws import catalogue
from djaws.errors import DjawsError
from djaws.finding import Rule

if TYPE_CHECKING:
    from djaws.render.wire import FindingEntry

COMMENTS = {
    ".py": "# {}",
    ".tf": "# {}",
    ".tofu": "# {}",
    ".yaml": "# {}",
    ".yml": "# {}",
    ".template": "# {}",
    ".html": "{{# {} #}}",
}


def every_rule() -> tuple[Rule, ...]:
    """The rules of the engines and our own, in order of engine and id."""
    from djaws.policy import load, own_folder

    own = tuple(policy.rule for policy in load(own_folder()))
    return tuple(
        sorted((*own, *catalogue.rules()), key=lambda rule: (rule.engine != "djaws", rule.engine, rule.id))
    )


def explain(name: str, rules: Iterable[Rule]) -> str:
    """The rule's page: title, standing, help, equivalents. `DjawsError` names the nearest when there is none."""
    bare = name.partition(":")[2] or name
    found = [
        rule for rule in rules if rule.id == bare and (bare == name or name.startswith(f"{rule.engine}:"))
    ]
    if not found:
        near = catalogue.nearest(name, [rule.id for rule in rules])
        hint = f"; did you mean {near}?" if near else "; `djaws rules` lists them all"
        raise DjawsError(f"no rule is called {name}{hint}")
    return "\n".join(_page(rule) for rule in found)


def _page(rule: Rule) -> str:
    standing = {
        "on": "on",
        "strict": "only with --profile strict",
        "advice": "shown, never fails",
        "off": "off; --select turns it on",
    }[rule.default]
    lines = [
        f"{rule.id}: {rule.title}",
        "",
        f"  engine      {rule.engine}",
        f"  severity    {rule.severity} ({rule.severity_source or 'no source given'})",
        f"  confidence  {rule.confidence}",
        f"  topic       {rule.topic}",
        f"  pillar      {rule.pillar}",
        f"  default     {standing}",
    ]
    lines += [f"  advice      {point}: {_advice(point)}" for point in rule.advice]
    equal = _equivalents(rule)
    if equal:
        lines.append(f"  with        {', '.join(equal)}")
    return "\n".join([*lines, "", rule.help or rule.title, ""])


def _advice(point: str) -> str:
    known = catalogue.advice().get(point)
    return known.title if known else point


def _equivalents(rule: Rule) -> tuple[str, ...]:
    """Rules whose findings merge with this one's."""
    found = dict.fromkeys(
        f"{engine} {member}"
        for group in catalogue.equivalences()
        if (rule.engine, rule.id) in group.members
        and group.relation in ("equivalent", "duplicate-in-engine", "subsumes")
        for engine, member in group.members
        if (engine, member) != (rule.engine, rule.id)
    )
    return tuple(found)


def explain_finding(fingerprint: str, report: Path, today: datetime.date) -> str:
    """One finding of a JSON report, with a waiver ready to paste."""
    from djaws.render.wire import parse

    try:
        findings = parse(report.read_bytes()).findings
    except OSError as error:
        raise DjawsError(
            f"{report}: cannot be read ({error.strerror}); write it with `djaws check --output json={report}`"
        ) from error
    found = [each for each in findings if each.fingerprint.startswith(fingerprint)]
    if not found:
        raise DjawsError(f"{report} has no finding with the fingerprint {fingerprint}")
    return "\n".join(_finding_page(each, today) for each in found)


def _finding_page(entry: FindingEntry, today: datetime.date) -> str:
    where = f"{entry.path}:{entry.line}" if entry.line else entry.path
    lines = [
        f"{where}: {entry.rule} ({entry.severity}, {entry.engine})",
        f"  {entry.message}",
        f"  {entry.disposition}{f': {entry.reason}' if entry.reason else ''}",
    ]
    lines += [f"  see {related.path}:{related.line or ''} {related.note}" for related in entry.related]
    return "\n".join([*lines, "", entry.help, "", "To accept it for now:", "", *waiver(entry, today), ""])


def waiver(entry: FindingEntry, today: datetime.date) -> Sequence[str]:
    """A waiver for the finding: a comment where the file has comments, and the same for the configuration."""
    end = today + datetime.timedelta(days=90)
    lines = []
    comment = COMMENTS.get(Path(entry.path).suffix) or (
        "# {}" if "dockerfile" in entry.path.lower() else None
    )
    if comment and entry.line:
        text = comment.format(f"djaws: ignore[{entry.rule}] until={end} -- WHY")
        lines += [
            f"  {text}",
            f"      (on line {entry.line} of {entry.path}, or alone on the line above)",
            "",
            "or in djaws.toml:",
            "",
        ]
    lines += [
        "  [[waivers]]",
        f'  rule = "{entry.rule}"',
        f"  path = {_quoted(entry.path)}",
        *([f"  subject = {_quoted(entry.subject)}"] if entry.subject else []),
        '  reason = "WHY"',
        f"  expires = {end}",
    ]
    return lines


def _quoted(text: str) -> str:
    import json

    return json.dumps(text)


def table(rules: Sequence[Rule]) -> str:
    """One line a rule: severity, default, topic, pillar, id and title."""
    width = max((len(rule.id) for rule in rules), default=0)
    rows = [
        f"{rule.engine:<9} {rule.id:<{width}}  {rule.severity:<8}  {rule.default:<6}  {rule.topic:<11} {rule.pillar:<14} {rule.title}"
        for rule in rules
    ]
    return "\n".join([*rows, f"{len(rules)} rules"])


def by_advice(rules: Sequence[Rule]) -> str:
    """The rules under each point of the founding advice."""
    lines: list[str] = []
    for section in catalogue.sections():
        lines += [f"{section.id}  {section.title}", ""]
        for point in catalogue.advice().values():
            if point.section != section.id:
                continue
            serving = [rule for rule in rules if point.id in rule.advice]
            lines.append(f"  {point.id}  {point.title} ({len(serving)} rules)")
            lines += [f"      {rule.id}  {rule.title}" for rule in serving]
        lines.append("")
    return "\n".join(lines)
