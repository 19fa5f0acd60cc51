"""Effective tags: what layers over each other is there, what is unknown convicts nobody, and most of a provider is its own."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djaws.config import FileConfig
from djaws.engines.drivers.djaws import judge_policies
from djaws.files import Tree
from djaws.finding import Output, Span
from djaws.model.cloud import Resource, Stack
from djaws.model.system import System
from djaws.model.value import Alternative, Guard, Map, Seq, Unknown, Value
from djaws.policy import load, own_folder

(POLICY,) = load(own_folder(), ["cost/missing-tags"])
PACKAGE = POLICY.module.__name__.rpartition(".")[0]

DAY = datetime.date(2026, 11, 1)
HERE = Span("main.tf", 1)
KEYS = ("Project", "Environment", "Owner", "Name")


def module(name: str) -> ModuleType:
    return sys.modules[f"{PACKAGE}.{name}"]


tags = module("_tags")
deployments = module("_deployments")


def system(files: Mapping[str, str], config: FileConfig | None = None) -> System:
    overlay = {path: text.encode() for path, text in files.items()}
    return System(Tree(Path("nowhere"), tuple(sorted(files)), overlay=overlay), config or FileConfig(), DAY)


def said(files: Mapping[str, str], config: FileConfig | None = None) -> Output:
    output = judge_policies([POLICY], system(files, config))
    assert not output.errors, output.errors
    return output


PROVIDER = 'provider "aws" {\n  region = "eu-central-1"\n}\n'


def queues(count: int, body: str, prefix: str) -> str:
    return "".join(f'resource "aws_sqs_queue" "{prefix}{index}" {{\n  {body}\n}}\n' for index in range(count))


TAGGED = 'tags = { Project = "shop", Environment = "production", Owner = "web" }'


@pytest.mark.parametrize(
    ("untagged", "tagged", "expected"), [(7, 3, 7), (8, 2, 1), (10, 0, 1), (2, 0, 2), (1, 4, 1), (4, 1, 1)]
)
def test_four_fifths_of_three_or_more_are_the_providers_fault(
    untagged: int, tagged: int, expected: int
) -> None:
    text = PROVIDER + queues(untagged, "", "bare") + queues(tagged, TAGGED, "full")
    findings = said({"main.tf": text}).findings
    at_provider = [finding for finding in findings if finding.subject == "provider.aws"]
    assert len(findings) == expected
    assert bool(at_provider) == (untagged >= 3 and untagged >= 4 * tagged)


def test_each_provider_is_judged_by_its_own_resources() -> None:
    text = (
        'provider "aws" {\n  default_tags {\n    tags = { Project = "a", Stage = "b", Team = "c" }\n  }\n}\n'
        'provider "aws" {\n  alias = "east"\n  region = "us-east-1"\n}\n'
    )
    text += queues(9, "", "covered") + queues(3, "provider = aws.east", "bare")
    findings = said({"main.tf": text}).findings
    assert [finding.subject for finding in findings] == ["provider.aws.east"]


def test_one_open_question_for_a_root_names_what_blocks_most() -> None:
    text = PROVIDER + 'variable "a" {}\nvariable "b" {}\n'
    text += queues(1, "tags = var.a", "one") + queues(2, "tags = var.b", "two")
    output = said({"main.tf": text})
    assert not output.findings
    (entry,) = output.undecided
    assert "var.b" in entry.because
    assert "2 resources" in entry.because


def test_instances_of_a_block_are_told_once() -> None:
    text = PROVIDER + 'resource "aws_sqs_queue" "many" {\n  count = 2\n}\n' + queues(9, TAGGED, "full")
    (finding,) = said({"main.tf": text}).findings
    assert "2 instances" in finding.message


def test_coverage_counts_resources_that_have_all_groups() -> None:
    text = PROVIDER + queues(3, TAGGED, "full") + queues(2, 'tags = { Project = "shop" }', "part")
    assert said({"main.tf": text}).measures == {"tags.taggable": 5, "tags.tagged": 3}


def test_all_types_can_be_asked_for() -> None:
    text = PROVIDER + 'resource "aws_iam_role" "web" {\n  assume_role_policy = "{}"\n}\n'
    config = FileConfig(policies={"cost/missing-tags": {"types": "all"}})
    assert not said({"main.tf": text}).findings
    assert len(said({"main.tf": text}, config).findings) == 1


def test_case_can_be_made_to_matter() -> None:
    text = PROVIDER + queues(1, 'tags = { project = "shop" }', "jobs")
    required: dict[str, Any] = {"required": [["Project"]]}
    exact = {"cost/missing-tags": {**required, "case-sensitive": True}}
    assert not said({"main.tf": text}, FileConfig(policies={"cost/missing-tags": required})).findings
    assert len(said({"main.tf": text}, FileConfig(policies=exact)).findings) == 1


def test_a_root_that_terragrunt_may_complete_is_left_open() -> None:
    text = 'terraform {\n  backend "s3" {}\n}\n' + queues(4, "", "jobs")
    assert said({"live/main.tf": text}).findings
    output = said({"live/main.tf": text, "terragrunt.hcl": ""})
    assert not output.findings
    assert [entry.because for entry in output.undecided if "terragrunt.hcl" in entry.because]


def test_default_values_that_every_variable_file_replaces_convict_nobody() -> None:
    files = {
        "main.tf": PROVIDER + 'variable "tags" {\n  default = {}\n}\n' + queues(1, "tags = var.tags", "jobs"),
        "dev.tfvars": 'tags = { Project = "shop", Environment = "dev", Owner = "web" }\n',
        "prod.tfvars": 'tags = { Project = "shop", Environment = "prod", Owner = "web" }\n',
    }
    assert not said(files).findings
    (finding,) = said(
        {**files, "prod.tfvars": 'tags = { Project = "shop", Environment = "prod" }\n'}
    ).findings
    assert finding.environment == "prod.tfvars"


# --- the algebra

maps = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["a", "b"]))


def value(*alternatives: Mapping[str, str], rest: bool = False) -> Value[Map]:
    unknown = Unknown("who knows", HERE) if rest else None
    return Value(
        tuple(
            Alternative(
                Map({key: Value.of(text, HERE) for key, text in entries.items()}, unknown, HERE),
                HERE,
                Guard.when("case", index) if len(alternatives) > 1 else Guard(),
            )
            for index, entries in enumerate(alternatives)
        )
    )


def tagged(*layers: Value[Map]) -> Any:
    resource = Resource("terraform", "aws_sqs_queue", "x", "aws_sqs_queue.x", Map(), HERE, HERE)
    stack = Stack("terraform", "", (resource,), span=HERE)
    return tags.Tagged(stack, resource, tuple(tags.Layer("own", layer) for layer in layers))


def state(resource: Any, key: str) -> str:
    found: str = resource.presence((key,), tags.Scheme()).state
    return found


@given(st.lists(maps, min_size=1, max_size=4), st.sampled_from(KEYS))
def test_a_key_of_any_layer_is_there_and_of_none_is_not(layers: list[dict[str, str]], key: str) -> None:
    expected = "present" if any(key in layer for layer in layers) else "absent"
    assert state(tagged(*map(value, layers)), key) == expected


@given(st.lists(maps, min_size=1, max_size=3), st.sampled_from(KEYS), st.integers(0, 3))
def test_an_unknown_layer_never_convicts_and_hides_nothing(
    layers: list[dict[str, str]], key: str, at: int
) -> None:
    known = [value(layer) for layer in layers]
    known.insert(at, tags.opened(Value.not_known("who knows", HERE), HERE))
    expected = "present" if any(key in layer for layer in layers) else "unknown"
    assert state(tagged(*known), key) == expected


@given(maps, maps, maps, st.sampled_from(KEYS))
def test_absent_in_one_branch_is_absent_under_that_branch(
    under: dict[str, str], left: dict[str, str], right: dict[str, str], key: str
) -> None:
    presence = tagged(value(under), value(left, right)).presence((key,), tags.Scheme())
    lacks = [key not in under and key not in branch for branch in (left, right)]
    assert presence.state == ("absent" if any(lacks) else "present")
    if sum(lacks) == 1:
        assert presence.guard == Guard.when("case", lacks.index(True))


@given(maps)
def test_a_list_of_pairs_is_the_map_it_spells(entries: dict[str, str]) -> None:
    for names in (("Key", "Value"), ("key", "value")):
        items = tuple(
            Value.of(Map(dict(zip(names, (Value.of(key, HERE), Value.of(text, HERE)), strict=True))), HERE)
            for key, text in entries.items()
        )
        read = tags.as_map(Value.of(Seq(items), HERE), HERE).only(None)
        assert {key: each.only(None) for key, each in read.entries.items()} == entries


def test_a_pair_that_is_there_in_one_branch_is_absent_in_the_other() -> None:
    pair = Map({"Key": Value.of("Owner", HERE), "Value": Value.of("web", HERE)})
    yes, no = Guard.when("IsProduction", True), Guard.when("IsProduction", False)
    item: Value[Any] = Value((Alternative(pair, HERE, yes), Alternative(None, HERE, no)))
    presence = tagged(tags.as_map(Value.of(Seq((item,)), HERE), HERE)).presence(("Owner",), tags.Scheme())
    assert (presence.state, presence.guard) == ("absent", no)


@pytest.mark.parametrize(
    ("key", "group", "counts"),
    [
        ("cost-center", "CostCenter", True),
        ("Cost Centre", "CostCenter", True),
        ("acme:owner", "Owner", True),
        ("platform/environment", "Environment", True),
        ("ownership", "Owner", False),
        ("project:owner", "Project", False),
    ],
)
def test_spellings_and_prefixes_of_a_key_count(key: str, group: str, counts: bool) -> None:
    assert tags.Scheme().matches(key, (group,)) is counts


# --- deployments

TEMPLATE = "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n"


def stack_tags(command: str, *others: str) -> tuple[set[str], bool] | None:
    """The keys that a deploying command gives a stack and whether there may be more; None when it gives none."""
    files = {"infra/stack.yaml": TEMPLATE, **dict.fromkeys(others, TEMPLATE)}
    files["deploy.sh"] = f"#!/bin/sh\n{command}\n"
    whole = system(files)
    stack = next(stack for stack in whole.stacks if stack.path == "infra/stack.yaml")
    found = list(deployments.deployments(whole).tags(stack))
    if not found:
        return None
    read = found[0].alternatives[0].value
    return set(read.entries), read.rest is not None


@pytest.mark.parametrize(
    ("command", "keys", "may_be_more"),
    [
        (
            "aws cloudformation deploy --template-file infra/stack.yaml --tags A=1 B=2 --stack-name s",
            "AB",
            False,
        ),
        ("aws cloudformation deploy --template-file infra/stack.yaml --stack-name s", "", False),
        ('aws cloudformation deploy --template-file infra/stack.yaml --tags "A=$X" B="$Y"', "AB", False),
        ("aws cloudformation deploy --template-file infra/stack.yaml --tags A=1 $TAGS", "A", True),
        ("aws cloudformation deploy --template-file infra/stack.yaml $MORE --stack-name s", "", False),
        ("aws cloudformation deploy --template-file=infra/stack.yaml --tags=A=1", "A", False),
        (
            "aws cloudformation create-stack --template-body file://infra/stack.yaml --tags Key=A,Value=1 Key=B,Value=2",
            "AB",
            False,
        ),
        (
            "aws cloudformation update-stack --template-body file://infra/stack.yaml "
            """--tags '[{"Key": "A", "Value": "1"}]'""",
            "A",
            False,
        ),
        (
            "aws cloudformation create-stack --template-body file://infra/stack.yaml --tags file://t.json",
            "",
            True,
        ),
        ('sam deploy --template infra/stack.yaml --tags "A=1 B=2"', "AB", False),
        ("sam deploy -t stack.yaml --tags A=1", "A", False),
    ],
)
def test_tags_of_a_deployment_are_read(command: str, keys: str, may_be_more: bool) -> None:
    expected = may_be_more or "$MORE" in command
    assert stack_tags(command) == (set(keys), expected)


def test_a_deployment_of_another_template_says_nothing() -> None:
    command = "aws cloudformation deploy --template-file other/thing.yaml --tags A=1"
    assert stack_tags(command, "other/thing.yaml") is None


@pytest.mark.parametrize("template", ["packaged.yaml", "$TEMPLATE", "stack.yaml"])
def test_a_deployment_of_some_template_leaves_the_tags_open(template: str) -> None:
    command = f"aws cloudformation deploy --template-file {template} --tags A=1"
    assert stack_tags(command, "other/stack.yaml") == (set(), True)


def test_two_deployments_of_one_stack_are_two_cases() -> None:
    deploy = "aws cloudformation deploy --template-file stack.yaml --stack-name"
    files = {
        "stack.yaml": TEMPLATE,
        "deploy.sh": f"#!/bin/sh\n{deploy} a --tags Project=a Stage=b Team=c\n{deploy} b --tags Project=a\n",
    }
    (finding,) = said(files).findings
    assert "Environment and Owner" in finding.message
    assert "deploy.sh:3" in finding.message


PIPELINE = """
Resources:
  Delivery:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Stages:
        - Name: Deploy
          Actions:
            - Name: Stack
              Configuration:
                TemplatePath: Source::infra/stack.yaml
                TemplateConfiguration: Source::infra/production.json
"""


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        (
            {"infra/production.json": '{"Tags": {"Project": "shop", "Stage": "production"}}'},
            {"Project", "Stage"},
        ),
        ({"infra/production.json": '{"Parameters": {}}'}, set()),
        ({"infra/production.json": "not JSON"}, None),
        ({}, None),
    ],
)
def test_codepipeline_tags_a_stack_by_its_template_configuration(
    configuration: Mapping[str, str], expected: set[str] | None
) -> None:
    whole = system({"infra/stack.yaml": TEMPLATE, "pipeline.yaml": PIPELINE, **configuration})
    stack = next(stack for stack in whole.stacks if stack.path == "infra/stack.yaml")
    (found,) = deployments.deployments(whole).tags(stack)
    read = found.alternatives[0].value
    assert (read.rest is not None) == (expected is None)
    assert set(read.entries) == (expected or set())


@given(st.text(max_size=60))
def test_whatever_stands_after_tags_is_read_without_raising(text: str) -> None:
    read = deployments._read([text], HERE)
    assert isinstance(read, Map)
