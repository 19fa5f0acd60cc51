"""Checkov: split by root and file it finds what its command finds, and nothing of the scanned tree steers it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from djaws.config import Config, FileConfig
from djaws.engines import Unit, checkov
from djaws.engines.drivers import checkov as driver
from djaws.files import discover
from djaws.finding import Finding, Output, Span, Undecided

DATA = Path(__file__).parent.parent / "data" / "engines"
Write = Callable[[Mapping[str, str | bytes]], Path]
Identity = tuple[str, str, int | None, int | None]

BUCKET = 'resource "aws_s3_bucket" "a" {\n  bucket = "a"\n}\n'
QUEUE = "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n"


def plan(root: Path, **options: Any) -> tuple[Unit, ...]:
    tree = discover(root)
    return checkov.plan(tree, Config(path=root, root=tree.root, file=FileConfig(**options)))


def scan(root: Path, framework: str) -> dict[str, Output]:
    units = tuple(unit for unit in plan(root) if unit.options["framework"] == framework)
    return {unit.id: output for unit, output in zip(units, driver.run(str(root), units), strict=True)}


def identity(finding: Finding) -> Identity:
    block = finding.location.block
    assert block is not None
    return finding.rule, block.path, block.line, block.end_line


def recorded() -> dict[str, list[dict[str, Any]]]:
    reports = json.loads((DATA / "checkov.json").read_text())
    return {
        report["check_type"]: [*report["results"]["failed_checks"], *report["results"]["skipped_checks"]]
        for report in reports
    }


@pytest.fixture
def example(tree: Write) -> Path:
    source = DATA / "tree"
    files = [path for path in source.rglob("*") if path.is_file()]
    return tree({path.relative_to(source).as_posix(): path.read_bytes() for path in files})


# --- the plan: Terraform


def roots(root: Path) -> dict[str, list[str]]:
    units = (unit for unit in plan(root) if unit.options["framework"] == "terraform")
    return {unit.options["root"]: unit.options["modules"] for unit in units}


def call(name: str, source: str) -> str:
    return f'module "{name}" {{\n  source = "{source}"\n}}\n'


def test_a_root_is_what_nobody_calls_and_takes_along_what_it_reaches(tree: Write) -> None:
    root = tree(
        {
            "prod/main.tf": call("web", "../modules/web"),
            "stage/main.tf": call("web", "../modules/web"),
            "modules/web/main.tf": call("db", "../db") + call("far", "git::https://example.org/x"),
            "modules/db/main.tf": BUCKET,
            "modules/unused/main.tf": BUCKET,
        }
    )
    reached = ["modules/db", "modules/web"]
    assert roots(root) == {"prod": reached, "stage": reached, "modules/unused": []}


def test_a_circle_of_modules_has_one_root(tree: Write) -> None:
    root = tree({"a/main.tf": call("b", "../b"), "b/main.tf": call("a", "../a")})
    assert roots(root) == {"a": ["b"]}


def test_calls_in_comments_and_heredocs_are_none(tree: Write) -> None:
    quiet = f'/*\n{call("a", "./a")}*/\n# source = "./b"\nlocals {{\n  x = <<EOT\n{call("c", "./c")}EOT\n  y = "http://#"\n}}\n'
    root = tree({"main.tf": quiet + call("d", "./d"), **{f"{name}/main.tf": BUCKET for name in "abcd"}})
    assert roots(root) == {"": ["d"], "a": [], "b": [], "c": []}


def test_inputs_are_what_checkov_loads_of_those_directories(tree: Write) -> None:
    root = tree(
        {
            "main.tf": call("m", "./m"),
            "terraform.tfvars": "",
            "x.auto.tfvars": "",
            "prod.tfvars": "",
            "main.tf.json": "{}",
            "m/a.tf": BUCKET,
            "n/b.tf": BUCKET,
        }
    )
    unit = next(unit for unit in plan(root, var_files=("prod.tfvars",)) if unit.options.get("root") == "")
    assert unit.inputs == ("main.tf", "terraform.tfvars", "x.auto.tfvars", "m/a.tf", "prod.tfvars")


# --- the plan: files


def test_each_framework_takes_the_files_its_runner_takes(tree: Write) -> None:
    root = tree(
        {
            "Dockerfile": "FROM a\n",
            "dev.Dockerfile": "FROM a\n",
            "x.dockerignore": "",
            "Dockerfile.dockerignore": "",
            ".github/workflows/ci.yml": "on: push\n",
            "stack.template": QUEUE,
            "package-lock.json": "{}",
            "settings.py": "",
        }
    )
    units = plan(root)
    assert checkov.scope(units) == ("cloudformation", "dockerfile", "github_actions", "secrets")
    assert {unit.id for unit in units} == {
        "cloudformation:stack.template",
        "dockerfile:Dockerfile",
        "dockerfile:dev.Dockerfile",
        "github_actions:.github/workflows/ci.yml",
        "secrets:.github/workflows/ci.yml",
        "secrets:Dockerfile",
        "secrets:dev.Dockerfile",
        "secrets:stack.template",
    }


def test_names_that_checkov_takes_for_dockerfiles_are_the_same() -> None:
    from checkov.common.util.dockerfile import is_dockerfile

    for name in (
        "Dockerfile",
        "dockerfile.dev",
        "a.Dockerfile.b",
        "Dockerfile.dockerignore",
        "DOCKERFILE",
        "Dockerfiles",
    ):
        assert checkov.is_dockerfile(name) == is_dockerfile(name), name


# --- the parse, on the command's recorded output


def test_recorded_output_becomes_findings_on_one_line_with_the_block_beside_it() -> None:
    entries = recorded()["terraform"]
    found = {finding.rule: finding for finding in driver.parse("terraform", entries, "/tree", "/tree")}
    ssh = found["CKV_AWS_24"]
    assert (ssh.location.span.line, identity(ssh)) == (21, ("CKV_AWS_24", "infra/main.tf", 10, 26))
    assert ssh.subject == "aws_security_group.web"
    assert found["CKV_AWS_16"].waived == "the volume is encrypted below"
    (caller,) = found["CKV_AWS_27"].related
    assert (caller.span.path, caller.span.line) == ("infra/main.tf", 5)


def test_a_secret_is_nowhere_in_its_finding() -> None:
    entries = recorded()["secrets"]
    (finding,) = driver.parse("secrets", entries, "/tree", "/tree")
    assert identity(finding) == ("CKV_SECRET_2", "config.json", 3, 4)
    assert "AKIA" not in repr(finding)
    assert entries[0]["resource"] not in repr(finding)


def test_lines_count_from_one_even_where_checkov_counts_from_zero() -> None:
    entry = recorded()["github_actions"][0] | {"file_line_range": [0, 1], "code_block": None}
    (finding,) = driver.parse("github_actions", [entry], "/tree", "/tree")
    assert finding.location.span.line == 1
    assert identity(finding)[2:] == (1, 1)


def test_the_subject_of_a_dockerfile_is_the_instruction() -> None:
    subjects = {
        finding.subject for finding in driver.parse("dockerfile", recorded()["dockerfile"], "/tree", "/tree")
    }
    assert subjects == {"", "ADD", "FROM"}


BLOCK = [
    (5, "# why\n"),
    (6, 'resource "aws_x" "a" {\n'),
    (7, "  ingress {\n"),
    (8, "    port = 1\n"),
    (9, "  }\n"),
    (10, "  ingress {\n"),
    (11, "    port = 22\n"),
    (12, "  }\n"),
    (13, '  names = ["port"]\n'),
]


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (["ingress/[0]/port"], 8),
        (["ingress/[1]/port"], 11),
        (["ingress/[0]/missing"], 7),
        (["missing", "names/[0]"], 13),
        (["missing/[0]/port"], None),
        (["Resources/A/Properties"], None),
        ([], None),
    ],
)
def test_the_line_is_the_attributes_that_was_looked_at(keys: list[str], line: int | None) -> None:
    assert driver.attribute_line(keys, BLOCK) == line


def test_comments_above_a_block_are_not_its_header() -> None:
    assert driver.header_line("aws_x.a", BLOCK) == 6
    assert driver.header_line("AWS::SQS::Queue.Jobs", [(1, "  # no\n"), (2, "  Jobs:\n")]) == 2
    assert driver.header_line("AWS::SQS::Queue.Jobs", [(1, "{\n"), (2, '  "Jobs": {\n')]) == 2


# --- the driver


@pytest.mark.parametrize("framework", checkov.FRAMEWORKS)
def test_split_into_units_it_finds_what_the_command_found(example: Path, framework: str) -> None:
    theirs = driver.parse(framework, recorded()[framework], "/tree", "/tree")
    ours = [finding for output in scan(example, framework).values() for finding in output.findings]
    assert Counter(map(identity, ours)) == Counter(map(identity, theirs))


def test_a_module_that_checkov_did_not_load_is_run_on_its_own(tree: Write) -> None:
    root = tree({"main.tf": 'locals {\n  source = "./m"\n}\n', "m/main.tf": BUCKET})
    (output,) = scan(root, "terraform").values()
    assert {finding.location.span.path for finding in output.findings} == {"m/main.tf"}


def test_files_that_are_not_listed_are_not_read(tree: Write, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "main.tf").write_text(BUCKET)
    root = tree({"main.tf": call("out", "../outside") + call("gone", "./venv/m"), "venv/m/main.tf": BUCKET})
    assert [output.findings for output in scan(root, "terraform").values()] == [()]


def test_no_configuration_of_the_tree_is_read(tree: Write) -> None:
    root = tree({"main.tf": BUCKET, ".checkov.yaml": "check: [CKV_NONE]\nexternal-checks-dir: [x]\n"})
    (output,) = scan(root, "terraform").values()
    assert "CKV_AWS_18" in {finding.rule for finding in output.findings}


def test_a_file_that_cannot_be_parsed_is_undecided_and_costs_nothing_else(tree: Write) -> None:
    root = tree({"bad.tf": 'resource "a" {{{\n', "good.tf": BUCKET, "deep.tf": "x = " + "[" * 600})
    (output,) = scan(root, "terraform").values()
    assert {entry.span.path for entry in output.undecided} == {"bad.tf", "deep.tf"}
    assert "CKV_AWS_18" in {finding.rule for finding in output.findings}
    assert not output.errors


def test_aliases_that_explode_are_refused(tree: Write) -> None:
    layers = "".join(f"x{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    root = tree({"a.yaml": f"x0: &a0 [1]\n{layers}{QUEUE}", "b.yaml": f"x: &a [1]\ny: *a\n{QUEUE}"})
    for framework in ("cloudformation", "secrets"):
        outputs = scan(root, framework)
        assert "expand" in outputs[f"{framework}:a.yaml"].undecided[0].because
        assert not outputs[f"{framework}:b.yaml"].undecided


def test_a_check_that_fails_on_a_resource_is_undecided_there(
    tree: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from checkov.cloudformation.checks.resource.aws.SQSQueueEncryption import check

    def fail(*_: object) -> None:
        raise TypeError("unhashable\ntype")

    monkeypatch.setattr(check, "scan_resource_conf", fail)
    root = tree({"a.yaml": QUEUE + "  Files:\n    Type: AWS::S3::Bucket\n"})
    (output,) = scan(root, "cloudformation").values()
    assert output.undecided == (
        Undecided("CKV_AWS_27", Span("a.yaml"), "the check failed: TypeError: unhashable type"),
    )
    assert "CKV_AWS_18" in {finding.rule for finding in output.findings}


def test_a_check_of_the_whole_graph_that_fails_is_undecided_too(
    tree: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from checkov.common.checks_infra.registry import get_graph_checks_registry

    root = tree({"main.tf": BUCKET})
    scan(root, "terraform")
    check = next(check for check in get_graph_checks_registry("terraform").checks if check.id == "CKV_AWS_18")

    def fail(*_: object) -> None:
        raise KeyError("gone")

    monkeypatch.setattr(check, "run", fail)
    (output,) = scan(root, "terraform").values()
    assert output.undecided == (
        Undecided("CKV_AWS_18", Span("main.tf"), "the check failed: KeyError: 'gone'"),
    )
    assert "CKV_AWS_145" in {finding.rule for finding in output.findings}


def test_a_unit_that_fails_says_so_in_one_line_and_costs_no_other(
    tree: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from checkov.cloudformation.graph_manager import CloudformationGraphManager

    original = CloudformationGraphManager.build_graph_from_definitions

    def fail(self: Any, definitions: Any, *rest: Any) -> Any:
        if any(path.endswith("a.yaml") for path in definitions):
            raise KeyError("gone\naway")
        return original(self, definitions, *rest)

    monkeypatch.setattr(CloudformationGraphManager, "build_graph_from_definitions", fail)
    outputs = scan(tree({"a.yaml": QUEUE, "b.yaml": QUEUE}), "cloudformation")
    assert [error.because for error in outputs["cloudformation:a.yaml"].errors] == ["KeyError: 'gone\\naway'"]
    assert outputs["cloudformation:b.yaml"].findings


def test_where_its_internals_have_moved_the_command_gives_the_same(
    example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_process = scan(example, "terraform"), scan(example, "cloudformation")
    monkeypatch.setattr(driver, "_terraform_runner", lambda: None)
    monkeypatch.setattr(driver, "_file_runner", lambda framework: None)
    by_command = scan(example, "terraform"), scan(example, "cloudformation")
    for before, after in zip(in_process, by_command, strict=True):
        assert before == after


def test_internals_that_have_moved_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(driver, "import_module", gone)
    assert driver._file_runner.__wrapped__("dockerfile") is None
    assert driver._terraform_runner.__wrapped__() is None
