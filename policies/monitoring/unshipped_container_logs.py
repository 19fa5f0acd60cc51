"""Containers whose output nobody keeps."""

from __future__ import annotations

from typing import Any

from djaws.model.cloud import Attr, View, members
from djaws.model.terraform.document import document
from djaws.model.value import Map, Value
from djaws.policy import Verdicts, finding, policy, undecided


class TaskDefinition(View):
    types = ("aws_ecs_task_definition", "AWS::ECS::TaskDefinition")
    containers = Attr(object, tf="container_definitions", cfn="ContainerDefinitions")


@policy(
    "Container sends its logs nowhere",
    severity="high",
    pillar="operations",
    languages=("terraform", "cloudformation"),
    advice=("A6.3",),
    source="AWS Security Hub ECS.9",
)
def unshipped_container_logs(task: TaskDefinition) -> Verdicts:
    """A container of an ECS task definition has no log configuration. Containers that are not essential, and the log router itself, are
    left out. Undecided where the container definitions cannot be known.

    ## Why

    On Fargate there is no machine to log in to: what the container prints is gone with the task, and the task is gone when it failed.

    ## Fix: Terraform

        logConfiguration = {
          logDriver = "awslogs"
          options = {
            awslogs-group         = aws_cloudwatch_log_group.web.name
            awslogs-region        = var.region
            awslogs-stream-prefix = "web"
          }
        }

    ## Fix: CloudFormation

        LogConfiguration:
          LogDriver: awslogs
          Options:
            awslogs-group: !Ref WebLogs
            awslogs-region: !Ref AWS::Region
            awslogs-stream-prefix: web
    """
    containers, unknown = members(document(task.containers))
    for container in containers:
        if _may_be_silent(container):
            continue
        logging = _key(container, "logConfiguration")
        if logging.is_absent:
            name = _key(container, "name")
            span = name.span if name.span.path == task.span.path and name.span.line else task.span
            yield finding(
                span,
                f"container {name.only('without a known name')} of {task.subject} sends its logs nowhere",
                subject=task.subject,
                block=task.resource.block,
            )
        elif logging.unknown:
            yield undecided(logging.unknown.span, logging.unknown.because)
    if unknown and not containers:
        yield undecided(unknown.span, unknown.because)


def _may_be_silent(container: Map) -> bool:
    essential = _key(container, "essential")
    return (
        bool(essential.sometimes(lambda value: str(value).lower() == "false"))
        or not _key(container, "firelensConfiguration").is_absent
    )


def _key(container: Map, name: str) -> Value[Any]:
    """A key of a container, spelled as in JSON or as in CloudFormation."""
    found = container.get(name)
    return container.get(name[0].upper() + name[1:]) if found.is_absent else found
