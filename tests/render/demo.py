"""A small report that holds one of everything a renderer has to show."""

from __future__ import annotations

from djaws.finding import (
    Also,
    Confidence,
    Disposition,
    EngineRun,
    Finding,
    Judged,
    Location,
    Related,
    Rule,
    Severity,
    Span,
    Undecided,
    UnitError,
    Units,
    Verdict,
)
from djaws.report import Fixed, Quote, Report, WaiverUse

NASTY = "::error::x\r\n##[set-output name=a]b %0A \x1b[31mred\x1b[0m <script>alert(1)</script> | `code` @org/team \u202egnp.exe"

RULES = {
    rule.id: rule
    for rule in (
        Rule(
            "CKV_AWS_16",
            "checkov",
            "Ensure all data stored in the RDS is securely encrypted at rest",
            Severity.CRITICAL,
            Confidence.HIGH,
            "encryption",
            "security",
            advice=("A2.4",),
            severity_source="Security Hub RDS.3",
        ),
        Rule(
            "E3012",
            "cfn-lint",
            "Check resource properties values",
            Severity.HIGH,
            Confidence.HIGH,
            "template",
            "operations",
        ),
        Rule(
            "B105",
            "bandit",
            "Possible hardcoded password",
            Severity.HIGH,
            Confidence.MEDIUM,
            "code",
            "security",
        ),
        Rule(
            "security.W008",
            "django",
            "SECURE_SSL_REDIRECT is not set to True",
            Severity.MEDIUM,
            Confidence.HIGH,
            "django",
            "security",
            help="Unless your site should be available over both SSL and non-SSL connections, redirect every request.\n\n"
            "```python\nSECURE_SSL_REDIRECT = True\n```\n",
        ),
        Rule(
            "cost/missing-tags",
            "djaws",
            "Resource reaches the bill without its cost tags",
            Severity.MEDIUM,
            Confidence.HIGH,
            "cost",
            "cost",
            help="# Why\n\nWhat carries no tag cannot be charged to a team.\n\n- set `default_tags` on the provider\n"
            '- or `tags` on the resource\n\n```hcl\nprovider "aws" {\n  default_tags { tags = { team = "shop" } }\n}\n```\n',
            advice=("A4.2",),
            tags=("finops",),
        ),
        Rule(
            "monitoring/missing-alarm",
            "djaws",
            "No alarm watches the resource",
            Severity.HIGH,
            Confidence.HIGH,
            "monitoring",
            "reliability",
        ),
        Rule(
            "flags/stale-flag",
            "djaws",
            "Flag is past its end",
            Severity.LOW,
            Confidence.LOW,
            "flags",
            "operations",
        ),
    )
}


def judged(
    rule: str,
    path: str,
    line: int | None,
    message: str,
    disposition: Disposition = Disposition.REPORTED,
    *,
    subject: str = "",
    reason: str | None = None,
    block: tuple[int, int] | None = None,
    related: tuple[Related, ...] = (),
    also: tuple[Also, ...] = (),
    column: int | None = None,
    severity: Severity | None = None,
    waived: str | None = None,
    environment: str = "",
    fingerprint: str = "",
) -> Judged:
    span = Span(path, line, line, column)
    location = Location(span, Span(path, *block) if block else None)
    finding = Finding(
        rule,
        RULES[rule].engine,
        message,
        location,
        subject,
        severity,
        related=related,
        waived=waived,
        environment=environment,
    )
    mark = fingerprint or f"{rule}|{path}|{line}|{subject}"
    return Judged(finding, RULES[rule], mark, disposition, reason, also)


def demo() -> Report:
    """Everything at once, hostile text included."""
    found = (
        judged(
            "CKV_AWS_16",
            "infra/db.tf",
            12,
            "stores its data unencrypted",
            subject="aws_db_instance.main",
            block=(8, 31),
            also=(Also("E3676", "cfn-lint", "ab" * 16),),
            related=(Related(Span("infra/kms.tf", 3), "the key that could encrypt it"),),
            fingerprint="01" * 16,
        ),
        judged(
            "monitoring/missing-alarm",
            "infra/queue.tf",
            4,
            "no alarm watches the age of the oldest message in the queue that orders wait in",
            subject="aws_sqs_queue.orders",
            environment="prod.tfvars",
            fingerprint="02" * 16,
        ),
        judged(
            "B105", "shop/settings/base.py", 20, NASTY, column=14, subject="SECRET_KEY", fingerprint="03" * 16
        ),
        judged(
            "security.W008",
            "shop/settings/base.py",
            None,
            "SECURE_SSL_REDIRECT is not set",
            Disposition.BELOW_THRESHOLD,
            reason="below high",
            subject="shop.settings.production",
            fingerprint="04" * 16,
        ),
        judged(
            "cost/missing-tags",
            "infra/odd name, with 100% ::trouble\\xff.tf",
            7,
            "misses the tag team, which the provider's default_tags give nowhere",
            Disposition.BELOW_THRESHOLD,
            reason="below high",
            subject="aws_s3_bucket.media",
            related=(Related(Span("infra/main.tf", 2, 9), "the provider"),),
            fingerprint="05" * 16,
        ),
        judged(
            "flags/stale-flag",
            "shop/views.py",
            88,
            "new_checkout ended on 2025-01-31",
            Disposition.BELOW_THRESHOLD,
            reason="low confidence",
            subject="new_checkout",
            fingerprint="06" * 16,
        ),
        judged(
            "E3012",
            "template.yaml",
            44,
            "'abc' is not of type 'integer'",
            Disposition.OUTSIDE_DIFF,
            reason="in the base",
            fingerprint="07" * 16,
        ),
        judged(
            "CKV_AWS_16",
            "infra/old.tf",
            3,
            "stores its data unencrypted",
            Disposition.WAIVED,
            reason="moves out in May",
            waived="moves out in May",
            fingerprint="08" * 16,
        ),
        judged(
            "B105",
            "shop/legacy.py",
            2,
            "Possible hardcoded password: 'x'",
            Disposition.BASELINED,
            reason="accepted",
            fingerprint="09" * 16,
        ),
        judged(
            "security.W008",
            "shop/settings/dev.py",
            5,
            "SECURE_SSL_REDIRECT is not set",
            Disposition.ANSWERED,
            reason="the balancer redirects (infra/lb.tf:9)",
            fingerprint="0a" * 16,
        ),
        judged(
            "B105",
            "tests/test_login.py",
            9,
            "Possible hardcoded password",
            Disposition.OFF,
            reason="off in tests",
            fingerprint="0b" * 16,
        ),
        judged(
            "E3012",
            "infra/db.tf",
            12,
            "duplicate of another",
            Disposition.DUPLICATE,
            reason="CKV_AWS_16",
            fingerprint="ab" * 16,
        ),
    )
    runs = (
        EngineRun("djaws", "0.4.0", "ran", Units(1, 1), (), ("terraform", "django"), 312, 4, 0.4),
        EngineRun("checkov", "3.3.30", "cached", Units(3, 0, 3), (), ("terraform",), 14, 2, 0.0),
        EngineRun(
            "cfn-lint",
            "1.58.0",
            "failed",
            Units(4, 2, 1, 1),
            (UnitError("infra/broken.yaml", "TypeError: unhashable type: 'dict' ##[error]::warning::x"),),
            ("cloudformation",),
            4,
            2,
            2.25,
        ),
        EngineRun("bandit", None, "missing", Units(9), (), ("python",), 180, 0, 0.0),
        EngineRun("django", "5.2.19", "skipped", Units(), (), (), 0, 0, 0.0),
    )
    return Report(
        version="0.4.0",
        runs=runs,
        judged=found,
        undecided=(
            Undecided("cost/missing-tags", Span("infra/main.tf", 30), "var.tags has no default"),
            Undecided("cost/unbounded-budget", Span("infra/main.tf", 31), "var.tags has no default"),
            Undecided(
                "monitoring/missing-alarm",
                Span("infra/main.tf", 50),
                "module.alerts comes from a registry and is not here",
            ),
        ),
        verdict=Verdict(1, 3, False),
        quotes={
            "infra/db.tf:12": Quote(
                11, ('  engine            = "postgres"', "  storage_encrypted = false", "")
            ),
            "shop/settings/base.py:20": Quote(
                20, ('\tSECRET_KEY = "\x1b[2Jhunter2 </script><script>alert(1)</script>"',)
            ),
            "infra/queue.tf:4": Quote(3, ("", 'resource "aws_sqs_queue" "orders" {', '  name = "orders"')),
        },
        measures={"alarms.alarmable": 20, "alarms.alarmed": 12, "tags.taggable": 41, "tags.tagged": 40},
        notes=("settings: shop.settings.production, from the task definition in infra/ecs.tf:14",),
        waivers=(
            WaiverUse("pyproject.toml:12", "CKV_AWS_16", "moves out in May", "2026-05-31", 1, 12, "ana"),
            WaiverUse("shop/views.py:3", "B105", NASTY, "", 0, None, added=True),
        ),
        fixed=(Fixed("CKV_AWS_20", "infra/s3.tf", "aws_s3_bucket.media", "bucket was public"),),
        base="main",
        seconds=3.21,
    )


def empty(complete: bool = True) -> Report:
    return Report("0.4.0", (), (), (), Verdict(0 if complete else 3, 0, complete))
