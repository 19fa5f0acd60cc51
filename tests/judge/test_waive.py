"""Waivers: written inline or in the configuration, limited in time, and never silent."""

from __future__ import annotations

import datetime

import pytest
from made import finding, judged

from djaws import catalogue
from djaws.config import FileConfig, WaiverEntry
from djaws.finding import Disposition, Judged
from djaws.judge.equivalence import clusters
from djaws.judge.waive import Waiver, find_inline, gather, waive

TODAY = datetime.date(2026, 6, 1)


def apply(
    found: tuple[Judged, ...], config: FileConfig, text: str = "", path: str = "db.tf"
) -> tuple[tuple[Judged, ...], tuple[Waiver, ...]]:
    waivers = gather(config, "djaws.toml", [(path, find_inline(path, text.encode()))], TODAY)
    together = clusters(found, catalogue.equivalences())
    return waive(found, waivers, together, config.unwaivable, TODAY), waivers


@pytest.mark.parametrize(
    "text",
    [
        "storage = 1 # djaws: ignore[CKV_AWS_16] until=2026-12-01 -- moves in autumn",
        "# djaws: ignore[CKV_AWS_16, B105] -- moves in autumn\nstorage = 1",
        "// djaws: ignore[encryption] owner=web -- moves in autumn\n\n# another remark\nstorage = 1",
        '/* djaws: ignore[CKV_AWS_16] reason="moves in autumn" until=2026-12-01 */ storage = 1',
    ],
)
def test_an_inline_waiver_covers_its_line_or_the_next_code_line(text: str) -> None:
    line = text.count("\n") + 1
    (each,), (waiver,) = apply(judged(finding(line=line)), FileConfig(), text)
    assert (each.disposition, each.reason, waiver.used) == (Disposition.WAIVED, "moves in autumn", 1)


def test_an_inline_waiver_above_a_block_covers_findings_shown_inside_it() -> None:
    text = "# djaws: ignore[CKV_AWS_16] -- r\nresource {\n  a = 1\n  b = 2\n}"
    (each,), _ = apply(judged(finding(line=4, block=(2, 5))), FileConfig(), text)
    assert each.disposition is Disposition.WAIVED


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x = 1 # djaws: ignore[CKV_AWS_16] until=2026-12-01", "no reason"),
        ("x = 1 # djaws: ignore[CKV_AWS_16] until=2026-01-01 -- r", "expired"),
        ("x = 1 # djaws: ignore[CKV_AWS_16] until=soon -- r", "no date"),
    ],
)
def test_a_waiver_without_reason_or_past_its_end_covers_nothing(text: str, fault: str) -> None:
    (each,), (waiver,) = apply(judged(finding(line=1)), FileConfig(), text)
    assert each.disposition is Disposition.REPORTED
    assert fault in " ".join(waiver.faults)


def test_text_in_a_python_string_is_no_waiver() -> None:
    source = 'x = "# djaws: ignore[B105] -- r"\ny = 1  # djaws: ignore[B105] -- r\n'
    assert [each.line for each in find_inline("a.py", source.encode())] == [2]


def test_a_configured_waiver_covers_by_rule_path_and_subject() -> None:
    entry = WaiverEntry(
        reason="r", expires="2026-12-01", rule="CKV_AWS_16", path="infra/*.tf", subject="aws_db_*"
    )
    found = judged(
        finding(path="infra/a.tf"),
        finding(path="other/a.tf"),
        finding(path="infra/b.tf", subject="aws_rds_cluster.x"),
    )
    after, _ = apply(found, FileConfig(waivers=(entry,)))
    assert [each.disposition for each in after] == [
        Disposition.WAIVED,
        Disposition.REPORTED,
        Disposition.REPORTED,
    ]


def test_what_is_unwaivable_stays() -> None:
    config = FileConfig(unwaivable=("CKV_AWS_16",))
    found = judged(finding(line=1, waived="checkov:skip says so"))
    (each,), _ = apply(found, config, "x = 1 # djaws: ignore[CKV_AWS_16] -- r")
    assert each.disposition is Disposition.REPORTED


def test_the_engines_own_waiver_counts_with_its_reason() -> None:
    (each,), _ = apply(judged(finding(waived="ticket 12")), FileConfig())
    assert (each.disposition, each.reason) == (Disposition.WAIVED, "ticket 12")


def test_one_waiver_covers_the_equivalent_findings() -> None:
    found = judged(
        finding("B105", "bandit", path="s.py", line=1, subject=""),
        finding("CKV_SECRET_6", path="s.py", line=1, subject=""),
    )
    after, _ = apply(found, FileConfig(), "K = 'x' # djaws: ignore[B105] -- test key", "s.py")
    assert {each.disposition for each in after} == {Disposition.WAIVED}
