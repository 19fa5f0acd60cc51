"""Alarms and what they look at: every way of naming a resource counts, what is unknown convicts nobody, the count adds up."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from djaws.config import FileConfig
from djaws.engines.drivers.djaws import judge_policies
from djaws.files import Tree
from djaws.finding import Output
from djaws.model.system import System
from djaws.policy import load, own_folder

(POLICY,) = load(own_folder(), ["monitoring/missing-alarm"])

QUEUE = 'resource "aws_sqs_queue" "orders" {\n  name = "orders"\n}\n'
ALARM = """
resource "aws_cloudwatch_metric_alarm" "{name}" {{
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = {dimensions}
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
}}
"""


def said(files: dict[str, str], **policies: dict[str, object]) -> Output:
    tree = Tree(Path("/nowhere"), tuple(files), overlay={path: text.encode() for path, text in files.items()})
    config = FileConfig(policies={"monitoring/missing-alarm": dict(policies.get("params", {}))})
    output = judge_policies([POLICY], System(tree, config, datetime.date(2026, 11, 1)))
    assert output.errors == ()
    return output


def alarm(dimensions: str, name: str = "age") -> str:
    return ALARM.format(name=name, dimensions=dimensions)


@pytest.mark.parametrize(
    "dimensions",
    [
        "{ QueueName = aws_sqs_queue.orders.name }",
        '{ QueueName = "${aws_sqs_queue.orders.name}" }',
        '{ "QueueName" = "orders" }',
        "tomap({ QueueName = local.queue })",
        "merge(local.none, { QueueName = aws_sqs_queue.orders.name })",
        '{ for name in [local.queue] : "QueueName" => name }',
    ],
)
def test_every_way_of_naming_a_queue_counts(dimensions: str) -> None:
    text = QUEUE + 'locals {\n  queue = "orders"\n  none = {}\n}\n' + alarm(dimensions)
    output = said({"main.tf": text})
    assert output.findings == ()
    assert output.undecided == ()
    assert output.measures == {"alarms.alarmable": 1, "alarms.alarmed": 1}


@pytest.mark.parametrize(
    "dimensions",
    [
        '{ QueueName = "payments" }',
        '{ QueueName = "orders-dead" }',
        "{ QueueName = aws_sqs_queue.other.name }",
    ],
)
def test_an_alarm_on_another_queue_does_not_count(dimensions: str) -> None:
    other = 'resource "aws_sqs_queue" "other" {\n  name = "other"\n}\n'
    output = said({"main.tf": QUEUE + other + alarm(dimensions)})
    assert "aws_sqs_queue.orders" in {finding.subject for finding in output.findings}


@pytest.mark.parametrize(
    "dimensions", ["var.dimensions", "{ QueueName = var.name }", '{ QueueName = "${var.name}s" }']
)
def test_a_dimension_that_may_name_it_leaves_it_open(dimensions: str) -> None:
    text = QUEUE + 'variable "dimensions" {}\nvariable "name" {}\n' + alarm(dimensions)
    output = said({"main.tf": text})
    assert output.findings == ()
    assert len(output.undecided) == 1


def test_a_dimension_that_cannot_be_its_name_leaves_nothing_open() -> None:
    text = QUEUE + 'variable "name" {}\n' + alarm('{ QueueName = "payments-${var.name}" }')
    assert len(said({"main.tf": text}).findings) == 1


def test_all_missing_metrics_of_a_resource_are_one_finding() -> None:
    text = 'resource "aws_db_instance" "shop" {\n  identifier = "shop"\n}\n'
    (only,) = said({"main.tf": text}).findings
    assert "CPUUtilization, FreeStorageSpace or DatabaseConnections" in only.message


def test_instances_of_a_block_are_one_finding() -> None:
    text = 'resource "aws_sqs_queue" "jobs" {\n  count = 3\n  name = "jobs-${count.index}"\n}\n'
    output = said({"main.tf": text})
    assert len(output.findings) == 1
    assert output.measures["alarms.alarmable"] == 3


def test_an_unknown_kind_in_the_matrix_is_refused_by_name() -> None:
    with pytest.raises(AssertionError, match="unknown kind 'que'"):
        said({"main.tf": QUEUE}, params={"matrix": {"que": ["Age"]}})


@settings(max_examples=20, deadline=None)
@given(st.sets(st.sampled_from("abcdef"), min_size=1), st.sets(st.sampled_from("abcdef")))
def test_exactly_the_queues_without_an_alarm_are_reported(queues: set[str], alarmed: set[str]) -> None:
    text = "".join(
        f'resource "aws_sqs_queue" "{name}" {{\n  name = "{name}"\n}}\n' for name in sorted(queues)
    )
    text += "".join(alarm(f'{{ QueueName = "{name}" }}', name) for name in sorted(alarmed))
    output = said({"main.tf": text})
    assert {finding.subject for finding in output.findings} == {
        f"aws_sqs_queue.{name}" for name in queues - alarmed
    }
    assert output.measures == {"alarms.alarmable": len(queues), "alarms.alarmed": len(queues & alarmed)}
