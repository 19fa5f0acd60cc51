"""Waivers: what the repository accepts on purpose, in the configuration or beside the line, and what became of each."""

from __future__ import annotations

import datetime
import fnmatch
import io
import re
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from djaws.config import FileConfig
from djaws.finding import Disposition, Judged, Span
from djaws.judge import is_live, settle
from djaws.judge.equivalence import Cluster
from djaws.report import WaiverUse

MARKER = b"djaws: ignore["
WARN_DAYS = 30

_INLINE = re.compile(
    r"(?P<comment>#|//|/\*|<!--|\{#|--|;)[^\n]*?djaws:\s*ignore\[(?P<rules>[^\]\n]*)\](?P<rest>[^\n]*)"
)
_FIELD = re.compile(r"\b(?P<name>until|expires|owner|ticket|reason)=(?P<value>\"[^\"]*\"|\S+)")
_TAIL = re.compile(r"\s*(\*/|-->|#\})\s*$")


class Inline(msgspec.Struct, frozen=True):
    """An inline waiver as written: the line of the comment, whether it stands alone, and the line it speaks of."""

    line: int
    target: int
    rules: tuple[str, ...]
    reason: str = ""
    until: str = ""
    owner: str = ""
    ticket: str = ""


@dataclass
class Waiver:
    """A waiver in force or not, wherever it was written. `used` counts the findings it covered."""

    where: Span
    rules: tuple[str, ...]
    reason: str
    until: str
    line: int | None = None
    path: str = ""
    topic: str = ""
    subject: str = ""
    owner: str = ""
    added: bool = False
    used: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def is_inline(self) -> bool:
        return self.line is not None

    def days_left(self, today: datetime.date) -> int | None:
        end = _date(self.until)
        return (end - today).days if end else None


@dataclass(frozen=True)
class Waivers:
    """All waivers after judging: what the `gate/` policies are asked about.

    `unheard` are rules whose engine was not asked in this run; `is_partial` is a run on a part of the repository, or by some engines.
    """

    waivers: tuple[Waiver, ...]
    today: datetime.date
    complete: bool
    known: frozenset[str] = frozenset()
    unheard: frozenset[str] = frozenset()
    is_partial: bool = False

    def could_be_used(self, waiver: Waiver) -> bool:
        """Whether this run would have seen what the waiver covers."""
        return not self.unheard.intersection(waiver.rules) and (waiver.is_inline or not self.is_partial)


def find_inline(path: str, data: bytes) -> tuple[Inline, ...]:
    """The inline waivers in a file's comments. In Python only real comments count, elsewhere any line that has a comment mark."""
    if MARKER not in data and not re.search(rb"djaws:\s*ignore\[", data):
        return ()
    text = data.decode("utf-8", "replace")
    lines = text.split("\n")
    comments = _python_comments(text) if path.endswith((".py", ".pyi")) else None
    found = []
    for number, line in enumerate(lines, 1):
        if comments is not None and number not in comments:
            continue
        match = _INLINE.search(line)
        if match:
            found.append(_inline(match, number, lines))
    return tuple(found)


def _python_comments(text: str) -> set[int] | None:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None
    return {token.start[0] for token in tokens if token.type == tokenize.COMMENT}


def _inline(match: re.Match[str], number: int, lines: Sequence[str]) -> Inline:
    alone = not lines[number - 1][: match.start()].strip()
    rest = _TAIL.sub("", match["rest"])
    fields = {m["name"]: m["value"].strip('"') for m in _FIELD.finditer(rest)}
    _, dashes, reason = _FIELD.sub("", rest).partition("--")
    return Inline(
        line=number,
        target=_next_code(number, lines) if alone else number,
        rules=tuple(rule.strip() for rule in match["rules"].split(",") if rule.strip()),
        reason=fields.get("reason", "") or (reason.strip() if dashes else ""),
        until=fields.get("until", fields.get("expires", "")),
        owner=fields.get("owner", ""),
        ticket=fields.get("ticket", ""),
    )


def _next_code(number: int, lines: Sequence[str]) -> int:
    """The first line below a comment that is neither blank nor a comment."""
    for index in range(number, len(lines)):
        text = lines[index].strip()
        if text and not text.startswith(("#", "//", "/*", "<!--", "{#")):
            return index + 1
    return number


def gather(
    config: FileConfig, config_path: str, inline: Iterable[tuple[str, Iterable[Inline]]], today: datetime.date
) -> tuple[Waiver, ...]:
    """Every waiver, with what is wrong with it."""
    waivers = [
        Waiver(
            Span(config_path),
            (entry.rule,) if entry.rule else (),
            entry.reason,
            entry.expires,
            path=entry.path,
            topic=entry.topic,
            subject=entry.subject,
            owner=entry.owner,
        )
        for entry in config.waivers
    ]
    for path, found in inline:
        waivers += [
            Waiver(
                Span(path, each.line),
                each.rules,
                each.reason,
                each.until,
                each.target,
                path,
                owner=each.owner,
            )
            for each in found
        ]
    for waiver in waivers:
        waiver.faults += _faults(waiver, config, today)
    return tuple(waivers)


def _faults(waiver: Waiver, config: FileConfig, today: datetime.date) -> list[str]:
    faults = []
    if not waiver.reason:
        faults.append("it gives no reason")
    if not waiver.until:
        faults.append("it has no end: add until=YYYY-MM-DD")
    elif _date(waiver.until) is None:
        faults.append(f"its end {waiver.until!r} is no date: write YYYY-MM-DD")
    else:
        left = waiver.days_left(today) or 0
        if left < 0:
            faults.append(f"it expired on {waiver.until}")
        elif left > config.waiver_max_days:
            faults.append(f"it ends in {left} days; {config.waiver_max_days} is the longest allowed")
    if not (waiver.rules or waiver.topic or waiver.path or waiver.subject):
        faults.append("it names nothing to waive")
    return faults


def is_in_force(waiver: Waiver, today: datetime.date) -> bool:
    """Whether it still covers anything: it has a reason, and has not ended."""
    left = waiver.days_left(today)
    return bool(waiver.reason) and not (waiver.until and left is None) and (left is None or left >= 0)


def _date(text: str) -> datetime.date | None:
    """The date an ISO text names, None when it names none."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def waive(
    judged: tuple[Judged, ...],
    waivers: Sequence[Waiver],
    found: Sequence[Cluster],
    unwaivable: Sequence[str],
    today: datetime.date,
) -> tuple[Judged, ...]:
    """Settles what a waiver covers, the engines' own included. One waiver covers the equivalent findings of other engines."""
    active = [waiver for waiver in waivers if is_in_force(waiver, today)]
    by_place: dict[str, list[Waiver]] = {}
    for waiver in active:
        if waiver.is_inline:
            by_place.setdefault(waiver.path, []).append(waiver)
    anywhere = [waiver for waiver in active if not waiver.is_inline]
    waived = list(judged)
    for index, each in enumerate(judged):
        if each.disposition is Disposition.OFF:
            _use_quietly(each, by_place, anywhere)
            continue
        if not is_live(each) or _is_unwaivable(each, unwaivable):
            continue
        reason = _reason(each, by_place, anywhere)
        if reason is not None:
            waived[index] = settle(each, Disposition.WAIVED, reason)
    return _cover_equivalents(tuple(waived), found, unwaivable)


def _use_quietly(judged: Judged, by_place: dict[str, list[Waiver]], anywhere: Sequence[Waiver]) -> None:
    """A waiver of a finding whose rule is off is not unused: the rule may be on elsewhere."""
    for waiver in (*by_place.get(judged.finding.location.span.path, ()), *anywhere):
        if _covers(waiver, judged):
            waiver.used += 1


def _reason(judged: Judged, by_place: dict[str, list[Waiver]], anywhere: Sequence[Waiver]) -> str | None:
    waivers: tuple[Waiver, ...] = (*by_place.get(judged.finding.location.span.path, ()), *anywhere)
    for waiver in waivers:
        if _covers(waiver, judged):
            waiver.used += 1
            return waiver.reason
    if judged.finding.waived is not None:
        return judged.finding.waived or "the engine's own waiver, without a reason"
    return None


def _covers(waiver: Waiver, judged: Judged) -> bool:
    if waiver.rules and not any(rule in (judged.rule.id, judged.rule.topic) for rule in waiver.rules):
        return False
    if waiver.is_inline:
        return bool(waiver.rules) and waiver.line in _lines(judged)
    span = judged.finding.location.span
    return (
        (not waiver.topic or waiver.topic == judged.rule.topic)
        and (not waiver.path or fnmatch.fnmatchcase(span.path, waiver.path))
        and (not waiver.subject or fnmatch.fnmatchcase(judged.finding.subject, waiver.subject))
    )


def _lines(judged: Judged) -> tuple[int | None, ...]:
    """The lines an inline waiver may speak of: where the finding is shown, and the head of its block."""
    location = judged.finding.location
    return (location.span.line or 1, location.block.line if location.block else None)


def _is_unwaivable(judged: Judged, unwaivable: Sequence[str]) -> bool:
    return any(selector in (judged.rule.id, judged.rule.topic, judged.rule.engine) for selector in unwaivable)


def _cover_equivalents(
    judged: tuple[Judged, ...], found: Sequence[Cluster], unwaivable: Sequence[str]
) -> tuple[Judged, ...]:
    covered = list(judged)
    for _, indices in found:
        waived = next((covered[i] for i in indices if covered[i].disposition is Disposition.WAIVED), None)
        if waived is None:
            continue
        for index in indices:
            if is_live(covered[index]) and not _is_unwaivable(covered[index], unwaivable):
                reason = f"{waived.reason} (waived as {waived.rule.id})"
                covered[index] = settle(covered[index], Disposition.WAIVED, reason)
    return tuple(covered)


def uses(waivers: Iterable[Waiver], today: datetime.date) -> tuple[WaiverUse, ...]:
    """The waivers for the report."""
    return tuple(
        WaiverUse(
            where=f"{waiver.where.path}:{waiver.where.line}" if waiver.where.line else waiver.where.path,
            rules=", ".join(waiver.rules) or waiver.topic or waiver.path or waiver.subject,
            reason=waiver.reason,
            expires=waiver.until,
            used=waiver.used,
            days_left=waiver.days_left(today),
            owner=waiver.owner,
            added=waiver.added,
        )
        for waiver in waivers
    )
