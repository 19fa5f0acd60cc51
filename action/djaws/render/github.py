"""Workflow commands: annotations for a GitHub job that has nothing but its log.

The runner keeps ten commands of each kind from a step, first come first kept, and cuts a message at 4,096 characters; it
obeys any line that begins with `::` and, anywhere in a line, `##[…]`. So the most important go first, nothing of the
repository is printed outside a command, and inside one it is escaped by the runner's own rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal

import msgspec

from djaws.finding import Disposition, Judged, Severity
from djaws.render import Options
from djaws.render.escaping import clipped, defused, flat, place, unbracketed, visible
from djaws.render.figures import count, ending, is_unfinished, verdict_line
from djaws.report import Report

Kind = Literal["error", "warning", "notice"]
KINDS: tuple[Kind, ...] = ("error", "warning", "notice")

PER_KIND = 10
MESSAGE_LENGTH = 4096
TITLE_LENGTH = 255


class Annotation(msgspec.Struct, frozen=True):
    """What a reader sees on a line. `end_line` and `column` are None where they are unknown, `path` empty for none."""

    kind: Kind
    title: str
    message: str
    path: str = ""
    line: int | None = None
    end_line: int | None = None
    column: int | None = None


def render(report: Report, options: Options) -> str:
    return log(report, ranked(report))


def log(report: Report, annotations: Iterable[Annotation]) -> str:
    """The commands for the annotations, as far as the runner keeps them, and the verdict."""
    return "\n".join((*map(command, kept(annotations)), f"djaws {defused(verdict_line(report))}", ""))


def left_over(annotations: Iterable[Annotation], taken: int) -> Iterator[Annotation]:
    """What a check run that took the first `taken` annotations with a place does not show."""
    for annotation in annotations:
        if annotation.path and taken:
            taken -= 1
        else:
            yield annotation


def ranked(report: Report) -> Iterator[Annotation]:
    """One for each engine that did not finish, then one for each finding shown, the most important first."""
    yield from (
        _of_run(run.engine, ending(run), [e.because for e in run.errors])
        for run in report.runs
        if is_unfinished(run)
    )
    yield from map(_of_finding, report.shown())


def kept(everything: Iterable[Annotation]) -> list[Annotation]:
    """The first ten of each kind; when any is left out, the last notice says how many."""
    by_kind: dict[Kind, list[Annotation]] = {kind: [] for kind in KINDS}
    for annotation in everything:
        by_kind[annotation.kind].append(annotation)
    if all(len(group) <= PER_KIND for group in by_kind.values()):
        return [annotation for group in by_kind.values() for annotation in group]
    room = {"error": PER_KIND, "warning": PER_KIND, "notice": PER_KIND - 1}
    chosen = [annotation for kind, group in by_kind.items() for annotation in islice(group, room[kind])]
    return [*chosen, _more(sum(map(len, by_kind.values())) - len(chosen))]


def command(annotation: Annotation) -> str:
    """The line that makes the runner show the annotation."""
    where: dict[str, object] = {}
    if annotation.path:
        where["file"] = annotation.path
    if annotation.path and annotation.line:
        where["line"] = annotation.line
        end = annotation.end_line or annotation.line
        where["endLine"] = end
        if annotation.column and end == annotation.line:
            where["col"] = annotation.column
    where["title"] = clipped(annotation.title, TITLE_LENGTH)
    properties = ",".join(f"{name}={escape_property(str(value))}" for name, value in where.items())
    return f"::{annotation.kind} {properties}::{escape_data(clipped(annotation.message, MESSAGE_LENGTH))}"


def escape_data(text: str) -> str:
    """`text` for behind a command's second `::`: line breaks survive, other controls are spelled out."""
    spelled = "\n".join(map(visible, text.replace("\r\n", "\n").split("\n")))
    return unbracketed(spelled).replace("%", "%25").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """`text` for a property's value, on one line."""
    return unbracketed(visible(text)).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")


def _of_run(engine: str, how: str, causes: list[str]) -> Annotation:
    shown = [*islice(map(flat, causes), 3)]
    more = f"and {count(len(causes) - len(shown), 'more', 'more')}" if len(causes) > len(shown) else ""
    message = "\n".join(filter(None, (f"{engine} {how}: its findings are incomplete.", *shown, more)))
    return Annotation("error", f"djaws: {engine} {how}", message)


def _of_finding(judged: Judged) -> Annotation:
    finding, rule = judged.finding, judged.rule
    span = judged.cause or finding.location.span
    facts = [flat(finding.message)]
    if finding.subject and finding.subject not in finding.message:
        facts.append(flat(finding.subject))
    if judged.cause:
        facts.append(
            f"Found at {place(finding.location.span.path, finding.location.span.line)}, caused by this change."
        )
    if finding.environment:
        facts.append(f"In {flat(finding.environment)}.")
    facts += [f"{place(r.span.path, r.span.line)}: {flat(r.note)}" for r in finding.related]
    if judged.also:
        facts.append("Also " + ", ".join(flat(f"{also.rule} ({also.engine})") for also in judged.also))
    facts.append(f"{judged.severity}, {rule.topic}, {rule.pillar} · djaws explain {flat(rule.id)}")
    title = f"{rule.id}: {flat(rule.title)}" if rule.title else rule.id
    return Annotation(
        _kind(judged), title, "\n".join(facts), span.path, span.line, span.end_line, span.column
    )


def _kind(judged: Judged) -> Kind:
    if judged.disposition is Disposition.REPORTED:
        return "error"
    return "warning" if judged.severity.rank >= Severity.MEDIUM.rank else "notice"


def _more(number: int) -> Annotation:
    return Annotation(
        "notice",
        f"djaws: {count(number, 'more finding')}",
        "GitHub shows ten annotations of each kind a step; the job summary and the report hold them all.",
    )
