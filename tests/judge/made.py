"""Judged findings made to measure."""

from __future__ import annotations

from djaws import catalogue, judge
from djaws.finding import Finding, Judged, Location, Rule, Span, text_hash


def finding(
    rule: str = "CKV_AWS_16",
    engine: str = "checkov",
    *,
    path: str = "db.tf",
    line: int = 5,
    block: tuple[int, int] | None = None,
    subject: str = "aws_db_instance.main",
    text: str = "x",
    waived: str | None = None,
) -> Finding:
    span = Span(path, block[0], block[1]) if block else None
    return Finding(
        rule,
        engine,
        "m",
        Location(Span(path, line, line), span),
        subject,
        waived=waived,
        text_hash=text_hash(text),
    )


def rule_of(each: Finding) -> Rule:
    return catalogue.rule(each.engine, each.rule) or catalogue.fallback(each.engine, each.rule, each.message)


def judged(*findings: Finding) -> tuple[Judged, ...]:
    return judge.begin(findings, rule_of)
