"""What a run says on each piece of the founding advice."""

from __future__ import annotations

from collections.abc import Iterable

from djaws import catalogue
from djaws.config import FileConfig
from djaws.finding import Rule
from djaws.judge.switch import rule_off_because
from djaws.render import AdviceRow
from djaws.report import Report


def rows(report: Report, rules: Iterable[Rule], config: FileConfig) -> tuple[AdviceRow, ...]:
    """One row for each section: the rules that were on and whose engine ran, those of them that left no question open, the
    findings that fail, and the open questions.
    """
    ran = {run.engine for run in report.runs if run.state in ("ran", "cached")}
    checked = [rule for rule in rules if rule.engine in ran and rule_off_because(rule, config) is None]
    asking = {each.rule for each in report.undecided}
    sections_of = {rule.id: sections(rule) for rule in checked}
    found = []
    for section in catalogue.sections():
        own = {rule_id for rule_id, ids in sections_of.items() if section.id in ids}
        found.append(
            AdviceRow(
                id=section.id,
                title=section.title,
                checked=len(own),
                decided=len(own - asking),
                failing=sum(1 for each in report.failing() if section.id in sections(each.rule)),
                undecided=sum(1 for each in report.undecided if each.rule in own),
            )
        )
    return tuple(found)


def sections(rule: Rule) -> frozenset[str]:
    """The sections whose points the rule serves."""
    points = catalogue.advice()
    return frozenset(points[point].section for point in rule.advice if point in points)
