"""Policies that users write in YAML, and `djaws test`, which holds a folder of policies to their examples."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from djaws import plain_yaml, policy_test, user_policies
from djaws.config import FileConfig
from djaws.engines.drivers.djaws import judge_policies
from djaws.errors import DjawsError
from djaws.examples import AS_OF
from djaws.files import Tree
from djaws.finding import Output
from djaws.model.system import System
from support import Ran, Repository

Run = Callable[..., Ran]

QUEUE = """
policies:
  - id: company/unencrypted-queue
    title: Queue without a key of ours
    severity: medium
    pillar: security
    message: "{subject} has the key {value}"
    resources: [aws_sqs_queue, AWS::SQS::Queue]
    where:
      - attribute: {terraform: name, cloudformation: QueueName}
        starts-with: prod
    require:
      - attribute: {terraform: kms_master_key_id, cloudformation: KmsMasterKeyId}
        present: true
    examples:
      fail:
        terraform: |
          resource "aws_sqs_queue" "jobs" {
            name = "prod-jobs"
          }
        cloudformation: |
          Resources:
            Jobs:
              Type: AWS::SQS::Queue
              Properties: {QueueName: prod-jobs}
      pass:
        terraform: |
          resource "aws_sqs_queue" "jobs" {
            name              = "prod-jobs"
            kms_master_key_id = "alias/ours"
          }
        cloudformation: |
          Resources:
            Jobs:
              Type: AWS::SQS::Queue
              Properties: {QueueName: dev-jobs}
"""


def written(**changes: Any) -> str:
    """The queue's policy with other keys; None takes a key away."""
    policy = yaml.safe_load(QUEUE)["policies"][0] | changes
    return yaml.safe_dump({"policies": [{key: value for key, value in policy.items() if value is not None}]})


def said(policy: str, files: Mapping[str, str], folder: Path) -> Output:
    for name, text in files.items():
        (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
    tree = Tree(folder, tuple(sorted(files)))
    return judge_policies(user_policies.parse(policy, "ours.yaml"), System(tree, FileConfig(), AS_OF))


def asked(condition: Mapping[str, Any], value: str, folder: Path, *, key: str = "require") -> str:
    """What a policy with one condition on `tested` says of a bucket: fail, pass or undecided."""
    other = {"require": [{"attribute": "bucket", "equals": "never"}], "where": [condition]}
    conditions = other if key == "where" else {"require": [condition], "where": []}
    line = f"  tested = {value}\n" if value else ""
    output = said(
        written(resources=["aws_s3_bucket"], **conditions),
        {
            "main.tf": 'variable "unknown" {\n  type = string\n}\n'
            f'resource "aws_s3_bucket" "a" {{\n  bucket = "x"\n{line}}}\n'
        },
        folder,
    )
    assert not output.errors
    undecided = [entry for entry in output.undecided if entry.rule == "company/unencrypted-queue"]
    assert len(output.findings) + len(undecided) <= 1
    return "fail" if output.findings else "undecided" if undecided else "pass"


def fault(text: str) -> str:
    with pytest.raises(DjawsError) as raised:
        user_policies.parse_all({"ours/queue.yaml": text})
    return str(raised.value)


def line_of(text: str, word: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if word in line)


# --- what a policy says


def test_a_finding_names_the_resource_and_the_place(tmp_path: Path) -> None:
    output = said(
        QUEUE,
        {
            "main.tf": """\
                resource "aws_sqs_queue" "jobs" {
                  name              = "prod-jobs"
                  kms_master_key_id = ""
                }
                resource "aws_sqs_queue" "trial" {
                  name = "dev-jobs"
                }
                """
        },
        tmp_path,
    )
    (finding,) = output.findings
    assert (finding.rule, finding.subject) == ("company/unencrypted-queue", "aws_sqs_queue.jobs")
    assert finding.message == "aws_sqs_queue.jobs has the key "
    assert (finding.location.span.path, finding.location.span.line) == ("main.tf", 3)
    assert [rule.severity_source for rule in output.rules] == ["your policy in ours.yaml"]


@pytest.mark.parametrize(
    ("test", "good", "bad", "unjudged"),
    [
        ({"present": True}, '"x"', "", None),
        ({"present": False}, "", '"x"', None),
        ({"equals": "a"}, '"a"', '"b"', '["a"]'),
        ({"equals": True}, '"true"', "false", "[true]"),
        ({"equals": 5}, '"5"', "6", "{}"),
        ({"not-equals": "a"}, '"b"', '"a"', '["a"]'),
        ({"one-of": ["a", "b"]}, '"b"', '"c"', '["a"]'),
        ({"none-of": ["a", "b"]}, '"c"', '"b"', '["a"]'),
        ({"at-least": 7}, "7", '"6.9"', '"auto"'),
        ({"at-most": 7}, '"7"', "8", "true"),
        ({"matches": "^a+$"}, '"aa"', '"b"', '["a"]'),
        ({"starts-with": "a"}, '"ab"', '"ba"', "{}"),
        ({"ends-with": "a"}, '"ba"', '"ab"', "{}"),
        ({"contains": "a"}, '["b", "a"]', '["b"]', '["b", var.unknown]'),
        ({"contains": "a"}, '"bar"', '"bor"', "5"),
        ({"contains": "a"}, "{ a = 1 }", "{ b = 1 }", 'merge({ b = 1 }, { "${var.unknown}" = 1 })'),
        ({"not-contains": "0.0.0.0/0"}, '["10.0.0.0/8"]', '["0.0.0.0/0"]', "[var.unknown]"),
    ],
)
def test_every_test_passes_fails_and_leaves_open(
    test: Mapping[str, Any], good: str, bad: str, unjudged: str | None, tmp_path: Path
) -> None:
    condition = {"attribute": "tested", **test}
    assert asked(condition, good, tmp_path) == "pass"
    assert asked(condition, bad, tmp_path) == "fail"
    assert asked(condition, "var.unknown", tmp_path) == "undecided"
    if unjudged:
        assert asked(condition, unjudged, tmp_path) == "undecided"


@pytest.mark.parametrize(
    ("test", "verdict"),
    [
        ({"equals": "a"}, "fail"),
        ({"one-of": ["a"]}, "fail"),
        ({"at-least": 1}, "fail"),
        ({"at-most": 1}, "fail"),
        ({"matches": ""}, "fail"),
        ({"contains": "a"}, "fail"),
        ({"not-equals": "a"}, "pass"),
        ({"none-of": ["a"]}, "pass"),
        ({"not-contains": "a"}, "pass"),
        ({"present": False}, "pass"),
    ],
)
def test_an_absent_attribute_meets_only_what_asks_for_less(
    test: Mapping[str, Any], verdict: str, tmp_path: Path
) -> None:
    assert asked({"attribute": "tested", **test}, "", tmp_path) == verdict


def test_where_asks_only_what_certainly_holds(tmp_path: Path) -> None:
    condition = {"attribute": "tested", "equals": "a"}
    assert asked(condition, '"a"', tmp_path, key="where") == "fail"
    assert asked(condition, '"b"', tmp_path, key="where") == "pass"
    assert asked(condition, "", tmp_path, key="where") == "pass"
    assert asked(condition, "var.unknown", tmp_path, key="where") == "undecided"
    assert asked(condition, '["a"]', tmp_path, key="where") == "undecided"


def test_a_branch_that_fails_is_named(tmp_path: Path) -> None:
    output = said(
        written(where=[]),
        {
            "main.tf": 'variable "stage" {}\nresource "aws_sqs_queue" "jobs" {\n'
            '  kms_master_key_id = var.stage == "prod" ? "alias/ours" : null\n}\n'
        },
        tmp_path,
    )
    (finding,) = output.findings
    assert "when" in finding.message


def test_a_dialect_that_a_condition_leaves_out_is_not_asked(tmp_path: Path) -> None:
    output = said(
        written(require=[{"attribute": {"terraform": "kms_master_key_id"}, "present": True}], where=[]),
        {"t.yaml": "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties: {QueueName: prod}\n"},
        tmp_path,
    )
    assert not output.findings
    assert not output.undecided


# --- what is wrong in a file is named with its line


@pytest.mark.parametrize(
    ("change", "word", "says"),
    [
        ({"severity": "grave"}, "severity", "grave"),
        ({"pillar": "secrecy"}, "pillar", "pillar secrecy is none of security"),
        ({"id": "NoTopic"}, "id:", "NoTopic|pattern|match"),
        ({"resources": []}, "resources", "length"),
        ({"resources": ["queue"]}, "- queue", "queue is no resource type like"),
        ({"require": []}, "require", "length"),
        ({"titel": "x"}, "titel", "titel.*did you mean title"),
        ({"title": None}, "- examples", "title"),
        ({"title": 5}, "title", "int"),
        ({"require": [{"attribute": "a", "equal": 1}]}, "equal:", "did you mean equals"),
        ({"require": [{"attribute": "a"}]}, "attribute: a", "exactly one test.*makes 0"),
        ({"require": [{"attribute": "a", "equals": 1, "present": True}]}, "attribute: a", "makes 2"),
        ({"require": [{"attribute": "a", "matches": "("}]}, "attribute: a", "no regular expression"),
        (
            {"require": [{"attribute": {"pulumi": "a"}, "present": True}]},
            "attribute:",
            "terraform and cloudformation",
        ),
        ({"require": [{"attribute": "a..b", "present": True}]}, "attribute: a..b", "a path like"),
        ({"examples": {"fails": {}}}, "fails", "did you mean fail"),
        ({"examples": {"fail": {"terrafrom": "x"}}}, "terrafrom", "no language of examples"),
    ],
)
def test_an_error_names_the_file_and_the_line(change: dict[str, Any], word: str, says: str) -> None:
    text = written(**change)
    error = fault(text)
    assert error.startswith(f"ours/queue.yaml:{line_of(text, word)}: "), error
    assert re.search(says, error), error


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("policies: [", 2, "not YAML"),
        ("policies:\n  - id: a\n   title: b\n", 3, "not YAML"),
        ("", 1, "null"),
        ("- id: a/b\n", 1, "array"),
        ("policies: []\npolices: []\n", 2, "polices"),
        ("policies:\n- id: a/b\n  id: a/c\n", 3, "`id` is there twice"),
        ("policies: !!python/object/apply:os.system [x]\n", 1, "got|array|tag|means"),
        ("policies:\n- id: !secret x\n", 2, "!secret"),
        ("policies:\n- ? [a]\n  : b\n", 2, "a key is a text"),
        ("a: 1\n---\nb: 1\n", 2, "not YAML"),
        ("policies: &a [*a]\n", 1, "an alias stands inside of what it names"),
        (f"policies: {'9' * 5000}\n", 1, "is no int"),
    ],
)
def test_what_is_no_policy_file_is_an_error(text: str, line: int, says: str) -> None:
    error = fault(text)
    assert error.startswith(f"ours/queue.yaml:{line}: "), error
    assert re.search(says, error), error


@pytest.mark.parametrize("link", ["[{}]", "{{<<: [{}]}}"])
def test_aliases_that_unfold_without_end_are_refused(link: str) -> None:
    bomb = ["a0: &a0 {x: 1}"]
    for step in range(1, 12):
        links = ", ".join([f"*a{step - 1}"] * 9)
        bomb += [f"a{step}: &a{step} {link.format(links)}"]
    assert "unfold to more than" in fault("\n".join(bomb))


def test_a_file_nested_without_end_is_refused() -> None:
    assert "nested deeper" in fault("policies: " + "[" * 5000)


def test_ids_are_unique_and_not_ours() -> None:
    with pytest.raises(DjawsError, match=r"company/unencrypted-queue is also in a\.yaml"):
        user_policies.parse_all({"a.yaml": QUEUE, "b.yaml": QUEUE})
    assert "is a policy of djaws" in fault(written(id="cost/missing-tags"))


def test_dates_stay_texts_and_merge_keys_merge() -> None:
    data, lines = plain_yaml.read("a: &a {x: 2026-01-01, y: 1}\nb:\n  <<: *a\n  y: 2\n")
    assert data == {"a": {"x": "2026-01-01", "y": 1}, "b": {"x": "2026-01-01", "y": 2}}
    assert lines["$.b.y"] == 4


# --- djaws test


def hold(folder: Path, files: Mapping[str, str], **options: Any) -> tuple[list[str], bool]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return policy_test.run(folder, **{"allow_python": False, **options})


def test_policies_that_do_as_their_examples_say_are_well(tmp_path: Path) -> None:
    lines, is_well = hold(tmp_path, {"queue.yaml": QUEUE})
    assert is_well
    assert len([line for line in lines if line.startswith("ok ")]) == 4
    assert lines[-1] == "1 policies, 0 disagreements"


def test_an_example_that_says_otherwise_is_named(tmp_path: Path) -> None:
    texts = yaml.safe_load(QUEUE)["policies"][0]["examples"]
    swapped = {"fail": texts["pass"], "pass": texts["fail"]}
    lines, is_well = hold(tmp_path, {"queue.yaml": written(examples=swapped)})
    assert not is_well
    assert [line for line in lines if line.startswith("FAIL")] == [
        f"FAIL company/unencrypted-queue:{kind}-{language}"
        for kind in ("fail", "pass")
        for language in ("cloudformation", "terraform")
    ]


def test_a_language_without_examples_is_named(tmp_path: Path) -> None:
    texts = yaml.safe_load(QUEUE)["policies"][0]["examples"]
    texts["pass"].pop("cloudformation")
    lines, is_well = hold(tmp_path, {"queue.yaml": written(examples=texts)})
    assert not is_well
    assert "FAIL company/unencrypted-queue: no passing example for cloudformation" in lines


def test_a_folder_called_examples_may_hold_the_policies(tmp_path: Path) -> None:
    folder = tmp_path / "examples" / "policies"
    folder.mkdir(parents=True)
    assert hold(folder, {"queue.yaml": QUEUE, "queue/examples/main.yaml": "Resources: {}"})[1]


def test_a_folder_without_policies_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DjawsError, match="no policies here"):
        policy_test.run(tmp_path, allow_python=False)
    with pytest.raises(DjawsError, match="no such folder"):
        policy_test.run(tmp_path / "nowhere", allow_python=False)


PYTHON = '''
"""Queues."""
import pathlib
from djaws.model.cloud import Stack
from djaws.policy import Verdicts, finding, policy

pathlib.Path(__file__).with_name("ran").write_text("x")


@policy("Queue", severity="low", pillar="security", languages=("terraform",))
def queue(stack: Stack) -> Verdicts:
    """Says no to queues.

    ## Why

    So.
    """
    for each in stack.of_type("aws_sqs_queue"):
        yield finding(each.span, "a queue", subject=each.address)
'''


def test_python_policies_run_only_when_allowed(tmp_path: Path) -> None:
    sys.dont_write_bytecode = True
    files = {
        "company/queue.py": PYTHON,
        "company/examples/queue/fail-terraform.tf": 'resource "aws_sqs_queue" "a" {} # expect: company/queue\n',
        "company/examples/queue/pass-terraform.tf": 'resource "aws_sns_topic" "a" {}\n',
    }
    with pytest.raises(DjawsError, match="--allow-python-policies"):
        hold(tmp_path, files)
    assert not (tmp_path / "company" / "ran").exists()
    assert hold(tmp_path, files, allow_python=True)[1]
    assert (tmp_path / "company" / "ran").exists()


# --- in a run


def test_a_run_asks_the_policies_of_the_configured_folder(repository: Repository, djaws: Run) -> None:
    repository.commit(
        {
            "djaws.toml": 'policy-folders = ["examples/ours"]\nfail-on = "medium"\n',
            "examples/ours/queue.yaml": QUEUE,
            "examples/ours/queue/examples/no-policy.yaml": "a: 1",
            "main.tf": 'resource "aws_sqs_queue" "jobs" {\n  name = "prod-jobs"\n}\n',
        }
    )
    ran = djaws(
        "check",
        "--engine",
        "djaws",
        "--select",
        "company/unencrypted-queue",
        "--format",
        "json",
        cwd=repository.root,
    )
    assert ran.code == 1, ran.err
    assert [each["rule"] for each in ran.json["findings"] if each["disposition"] == "reported"] == [
        "company/unencrypted-queue"
    ]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"ours/queue.yaml": "policies: ["}, "ours/queue.yaml:2: not YAML"),
        ({"ours/queue.yaml": "policies: " + "[" * 5000}, "ours/queue.yaml: nested deeper"),
        ({"ours/queue.yaml": "policies: \0"}, "ours/queue.yaml: binary"),
        ({}, "ours: no such folder of policies"),
    ],
)
def test_policies_that_cannot_be_read_leave_the_run_incomplete(
    files: Mapping[str, str], says: str, repository: Repository, djaws: Run
) -> None:
    repository.commit(
        {"djaws.toml": 'policy-folders = ["ours"]\n', "main.tf": 'resource "aws_sqs_queue" "a" {}\n', **files}
    )
    ran = djaws("check", "--engine", "djaws", "--format", "json", cwd=repository.root)
    assert ran.code == 3
    (run,) = [each for each in ran.json["runs"] if each["engine"] == "djaws"]
    assert [error["path"] for error in run["errors"]] == ["policy-folders"]
    assert run["errors"][0]["because"].startswith(says)


def test_python_policies_of_a_repository_are_not_loaded_unasked(repository: Repository, djaws: Run) -> None:
    repository.commit(
        {
            "djaws.toml": 'policy-folders = ["ours"]\n',
            "ours/company/queue.py": PYTHON,
            "main.tf": 'resource "aws_sqs_queue" "a" {}\n',
        }
    )
    arguments = ("check", "--engine", "djaws", "--select", "company/queue", "--format", "json")
    asked_plainly = djaws(*arguments, cwd=repository.root)
    assert not (repository.root / "ours" / "company" / "ran").exists()
    assert not [each for each in asked_plainly.json["findings"] if each["rule"] == "company/queue"]
    allowed = djaws(*arguments, "--allow-python-policies", cwd=repository.root)
    assert [each for each in allowed.json["findings"] if each["rule"] == "company/queue"]


def test_the_command_says_how_the_policies_do(repository: Repository, djaws: Run) -> None:
    repository.write({"ours/queue.yaml": QUEUE, "wrong/queue.yaml": written(pillar="secrecy")})
    well = djaws("test", "ours", cwd=repository.root)
    assert (well.code, well.out.splitlines()[-1]) == (0, "1 policies, 0 disagreements")
    wrong = djaws("test", "wrong", cwd=repository.root)
    assert wrong.code == 2
    assert "queue.yaml:" in wrong.err
    assert "pillar secrecy is none of" in wrong.err
