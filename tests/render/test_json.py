"""The machine interface has the published shape and order, and can be read back."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from djaws.errors import DjawsError
from djaws.render import render
from djaws.render.wire import Document, parse, to_struct
from djaws.schema import main, schema

from .demo import demo, empty, judged

FINDING_KEYS = [
    "rule",
    "engine",
    "severity",
    "confidence",
    "topic",
    "pillar",
    "message",
    "path",
    "line",
    "end_line",
    "column",
    "block",
    "subject",
    "fingerprint",
    "disposition",
    "reason",
    "also",
    "related",
    "help",
]


def test_the_shape_is_the_published_one() -> None:
    document = json.loads(render("json", demo()))
    assert list(document) == ["version", "tool", "runs", "findings", "undecided", "verdict"]
    assert document["tool"] == {"name": "djaws", "version": "0.4.0"}
    assert list(document["runs"][0]) == [
        "engine",
        "version",
        "state",
        "units",
        "errors",
        "scope",
        "files",
        "findings",
        "seconds",
    ]
    assert list(document["runs"][0]["units"]) == ["total", "ran", "cached", "failed", "timeout"]
    assert all(list(finding) == FINDING_KEYS for finding in document["findings"])
    assert document["verdict"] == {"exit_code": 1, "failing": 3, "complete": False}


def test_a_finding_keeps_its_block_related_places_and_equivalents() -> None:
    document = json.loads(render("json", demo()))
    found = next(one for one in document["findings"] if one["fingerprint"] == "01" * 16)
    assert (found["line"], found["end_line"], found["block"]) == (12, 12, [8, 31])
    assert found["also"] == [{"rule": "E3676", "engine": "cfn-lint", "fingerprint": "ab" * 16}]
    assert found["related"] == [{"path": "infra/kms.tf", "line": 3, "note": "the key that could encrypt it"}]
    assert found["help"] == "Ensure all data stored in the RDS is securely encrypted at rest"


def test_no_finding_is_left_out_and_all_are_in_order_of_place() -> None:
    report = demo()
    document = json.loads(render("json", report))
    places = [
        (one["path"], one["line"] or 0, one["rule"], one["fingerprint"]) for one in document["findings"]
    ]
    assert len(places) == len(report.judged)
    assert places == sorted(places)
    shuffled = msgspec.structs.replace(report, judged=report.judged[::-1], undecided=report.undecided[::-1])
    assert render("json", shuffled) == render("json", report)


def test_it_is_valid_by_its_own_schema_and_reads_back_equal() -> None:
    for report in (demo(), empty(), empty(complete=False)):
        text = render("json", report)
        Draft202012Validator(schema("t", Document)).validate(json.loads(text))
        assert parse(text.encode()) == to_struct(report)


@given(st.text(alphabet=st.characters(codec=None)), st.text(alphabet=st.characters(codec=None)))
def test_any_text_survives_or_is_spelled_out(message: str, path: str) -> None:
    report = msgspec.structs.replace(empty(), judged=(judged("B105", path, 1, message + "\ud800"),))
    found = parse(render("json", report).encode("utf-8")).findings[0]
    assert found.message.endswith("\\ud800")
    if not any("\ud800" <= letter <= "\udfff" for letter in path):
        assert found.path == path


@pytest.mark.parametrize("data", [b"", b"[]", b'{"version": 2}', b"\xff", b'{"version": 1}'])
def test_what_is_no_report_is_refused_with_a_remedy(data: bytes) -> None:
    with pytest.raises(DjawsError, match="djaws check --output"):
        parse(data)


def test_the_schema_files_are_written_and_a_stale_one_is_noticed(tmp_path: Path) -> None:
    assert main([str(tmp_path), "--check"]) == 1
    assert main([str(tmp_path)]) == 0
    assert main(["--check", str(tmp_path)]) == 0
    (tmp_path / "report.schema.json").write_text("{}")
    assert main(["--check", str(tmp_path)]) == 1


def test_the_published_schemas_are_fresh() -> None:
    assert main(["--check", str(Path(__file__).parents[2] / "docs")]) == 0


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(DjawsError, match="known are text, json"):
        render("yaml", empty())
