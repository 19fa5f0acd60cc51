"""cfn-lint: one shared rule set gives what the command gives, and what is ignored there is waived here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from djaws.config import Config, FileConfig
from djaws.engines import Unit, cfn_lint
from djaws.engines.drivers import cfn_lint as driver
from djaws.files import discover
from djaws.finding import Output

DATA = Path(__file__).parent.parent / "data" / "engines"
Write = Callable[[Mapping[str, str | bytes]], Path]

TEMPLATE = """Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: many
"""


def plan(root: Path, regions: tuple[str, ...] = ()) -> tuple[Unit, ...]:
    tree = discover(root)
    return cfn_lint.plan(tree, Config(path=root, root=tree.root, file=FileConfig(regions=regions)))


def scan(root: Path, regions: tuple[str, ...] = ()) -> dict[str, Output]:
    units = plan(root, regions)
    return {unit.id: output for unit, output in zip(units, driver.run(str(root), units), strict=True)}


def said(output: Output) -> list[tuple[str, str | None]]:
    return [(finding.rule, finding.waived) for finding in output.findings]


# --- the plan


def test_a_unit_reads_the_template_what_it_nests_and_the_configurations_above(tree: Write) -> None:
    nested = (
        "  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: ../child.yaml\n"
    )
    root = tree(
        {
            "a/main.yaml": TEMPLATE + nested,
            "child.yaml": TEMPLATE,
            "notes.yaml": "a: 1\n",
            ".cfnlintrc": "ignore_checks: [W]\n",
            "a/.cfnlintrc.yaml": "regions: [eu-west-1]\n",
        }
    )
    units = {unit.id: unit for unit in plan(root)}
    assert units["a/main.yaml"].inputs == ("a/main.yaml", "child.yaml", "a/.cfnlintrc.yaml", ".cfnlintrc")
    assert units["child.yaml"].options == {"configs": [".cfnlintrc"]}
    assert set(units) == {"a/main.yaml", "child.yaml"}


def test_a_configuration_that_changes_cfn_lint_itself_gets_workers_of_its_own(tree: Write) -> None:
    root = tree({"a.yaml": TEMPLATE, ".cfnlintrc": "override_spec: spec.json\n", "spec.json": "{}"})
    (unit,) = plan(root)
    assert unit.pool == ".cfnlintrc"
    assert "spec.json" in unit.inputs


def test_a_file_outside_the_tree_is_not_taken_from_a_configuration(tree: Write) -> None:
    root = tree({"a.yaml": TEMPLATE, ".cfnlintrc": "override_spec: ../../etc/spec.json\n"})
    (unit,) = plan(root)
    assert unit.pool == ""
    assert unit.inputs == ("a.yaml", ".cfnlintrc")


# --- the parse, on recorded output


def test_recorded_output_becomes_findings_of_one_line_with_the_logical_id() -> None:
    recorded = json.loads((DATA / "cfn-lint.json").read_text())
    found = {finding.rule: finding for finding in driver.parse("template.yaml", recorded)}
    assert found["E3012"].subject == "Jobs"
    assert found["E3012"].location.span.line == 14
    assert all(finding.location.span.line == finding.location.span.end_line for finding in found.values())


def test_the_driver_says_what_the_command_said_and_waives_what_it_dropped(tree: Write) -> None:
    root = tree({"template.yaml": (DATA / "tree" / "template.yaml").read_bytes()})
    recorded = list(driver.parse("template.yaml", json.loads((DATA / "cfn-lint.json").read_text())))
    ours = scan(root)["template.yaml"].findings
    assert [finding for finding in ours if finding.waived is None] == recorded
    assert [(f.rule, f.waived) for f in ours if f.waived is not None] == [
        ("W2001", "ignore_checks"),
        ("E3002", "cfn-lint metadata"),
    ]


# --- the driver


def test_ignores_of_the_project_are_waivers(tree: Write) -> None:
    root = tree({"a.yaml": TEMPLATE, ".cfnlintrc": "ignore_checks: [E30]\n"})
    assert said(scan(root)["a.yaml"]) == [("E3012", "ignore_checks")]


def test_mandatory_checks_cannot_be_ignored(tree: Write) -> None:
    root = tree({"a.yaml": TEMPLATE, ".cfnlintrc": "ignore_checks: [E30]\nmandatory_checks: [E3012]\n"})
    assert said(scan(root)["a.yaml"]) == [("E3012", None)]


def test_an_ignored_template_is_checked_and_waived(tree: Write) -> None:
    root = tree({"x/a.yaml": TEMPLATE, "b.yaml": TEMPLATE, ".cfnlintrc": "ignore_templates: ['x/**/*']\n"})
    outputs = scan(root)
    assert said(outputs["x/a.yaml"]) == [("E3012", "ignore_templates")]
    assert said(outputs["b.yaml"]) == [("E3012", None)]


def test_rules_from_the_scanned_tree_are_never_loaded(tree: Write) -> None:
    evil = "import pathlib\npathlib.Path(__file__).with_name('ran').touch()\n"
    root = tree({"a.yaml": TEMPLATE, ".cfnlintrc": "append_rules: [rules]\n", "rules/evil.py": evil})
    assert said(scan(root)["a.yaml"]) == [("E3012", None)]
    assert not (root / "rules" / "ran").exists()


def test_a_configuration_that_is_refused_leaves_the_next_one_above_in_force(tree: Write) -> None:
    root = tree({"x/a.yaml": TEMPLATE, "x/.cfnlintrc": "nonsense: 1\n", ".cfnlintrc": "ignore_checks: [E]\n"})
    output = scan(root)["x/a.yaml"]
    assert said(output) == [("E3012", "ignore_checks")]
    assert [entry.span.path for entry in output.undecided] == ["x/.cfnlintrc"]
    assert not output.errors


def test_one_template_does_not_leave_its_configuration_to_the_next(tree: Write) -> None:
    configured = TEMPLATE + "Metadata:\n  cfn-lint:\n    config:\n      ignore_checks: [E3012]\n"
    root = tree({"a.yaml": configured, "b.yaml": TEMPLATE, "c.yaml": configured + "]"})
    outputs = scan(root)
    assert said(outputs["a.yaml"]) == [("E3012", "ignore_checks")]
    assert said(outputs["b.yaml"]) == [("E3012", None)]
    assert said(outputs["c.yaml"]) == [("E0000", None)]


def test_regions_of_djaws_hold_where_the_project_names_none(tree: Write) -> None:
    root = tree({"a.yaml": TEMPLATE})
    config = driver.OpenConfig(str(root), "", ["eu-west-1"])
    assert config.regions == ["eu-west-1"]
    config.set_template_args({"Metadata": {"cfn-lint": {"config": {"regions": ["us-west-2"]}}}})
    assert config.regions == ["us-west-2"]


def test_a_template_that_must_not_be_parsed_is_undecided(tree: Write) -> None:
    root = tree({"a.yaml": TEMPLATE + "Outputs: " + "[" * 600, "b.yaml": TEMPLATE})
    outputs = scan(root)
    assert [entry.because for entry in outputs["a.yaml"].undecided] == ["nested deeper than 500"]
    assert said(outputs["b.yaml"]) == [("E3012", None)]


def test_messages_name_no_directory_of_this_machine(tree: Write) -> None:
    root = tree({"a.yaml": TEMPLATE.encode() + b"# \xff\xfe\n"})
    output = scan(root)["a.yaml"]
    assert said(output) == [("E0000", None)]
    assert str(root) not in output.findings[0].message
