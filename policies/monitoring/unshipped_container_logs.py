"""Containers and platforms whose output nobody keeps."""

from __future__ import annotations

import msgspec

from djaws.model.cloud import Attr, Resource, View, members
from djaws.model.processes.containers import TASKS, Container, containers
from djaws.model.processes.documents import field
from djaws.model.processes.documents import members as objects
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, convict, finding, policy, undecided

from .model import once, texts


class Platform(View):
    """An Elastic Beanstalk environment."""

    types = ("aws_elastic_beanstalk_environment", "AWS::ElasticBeanstalk::Environment")
    settings = Attr(object, tf="setting", cfn="OptionSettings")


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`useless-drivers` are log drivers that leave the output on the machine."""

    useless_drivers: tuple[str, ...] = ("none",)


@policy(
    "Container sends its logs nowhere",
    severity="high",
    pillar="operations",
    languages=("terraform", "cloudformation"),
    advice=("A6.3",),
    source="AWS Security Hub ECS.9 and ElasticBeanstalk.3",
)
def unshipped_container_logs(system: System, params: Params) -> Verdicts:
    """A container of an ECS task definition has no log configuration, or one whose driver keeps nothing; or an Elastic Beanstalk
    environment does not stream its logs. Containers that are not essential, and the log router itself, are left out. Undecided where
    the container definitions cannot be known.

    ## Why

    On Fargate there is no machine to log in to: what the container prints is gone with the task, and the task is gone when it failed.

    ## Fix: Terraform

    ```hcl
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.web.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "web"
      }
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    LogConfiguration:
      LogDriver: awslogs
      Options:
        awslogs-group: !Ref WebLogs
        awslogs-region: !Ref AWS::Region
        awslogs-stream-prefix: web
    ```
    """
    yield from once(_all(system, params))


def _all(system: System, params: Params) -> Verdicts:
    for task in system.of_type(*TASKS):
        found, doubt = containers(task)
        for container in found:
            yield from _of_container(task, container, params)
        if doubt and not found:
            yield undecided(doubt.span, doubt.because)
    for platform in system.each(Platform):
        yield from _of_platform(platform, system)


def _of_container(task: Resource, container: Container, params: Params) -> Verdicts:
    if _may_be_silent(container):
        return
    logging = field(container.body, "logConfiguration")
    configurations, _ = objects(logging)
    useless = [
        driver
        for each in configurations
        for driver in texts(field(each, "logDriver"))
        if driver in params.useless_drivers
    ]
    named = f"container {container.name or 'without a known name'} of {task.address}"
    if logging.is_absent or (useless and len(configurations) == 1):
        yield finding(
            container.span,
            f"{named} sends its logs nowhere",
            subject=task.address,
            block=task.block,
            guard=container.guard,
        )
    elif logging.unknown:
        yield undecided(logging.unknown.span, logging.unknown.because)


def _may_be_silent(container: Container) -> bool:
    essential: Value[object] = field(container.body, "essential")
    if bool(essential.unknown) or bool(essential.sometimes(lambda value: str(value).lower() == "false")):
        return True
    return not field(container.body, "firelensConfiguration").is_absent


_LOGS = "aws:elasticbeanstalk:cloudwatch:logs"


def _of_platform(platform: Platform, system: System) -> Verdicts:
    """Streaming may be switched on by the environment, or by the application's own `.ebextensions`."""
    if any(option.namespace == _LOGS for each in system.pipeline.beanstalk for option in each.options):
        return
    terraform = platform.resource.dialect == "terraform"
    names = ("namespace", "name", "value") if terraform else ("Namespace", "OptionName", "Value")
    settings, more = members(platform.settings)
    says = f"{platform.subject} does not stream its logs: they go with the instance"
    for setting in settings:
        if _LOGS in texts(setting.get(names[0])) and "StreamLogs" in texts(setting.get(names[1])):
            yield from convict(
                setting.get(names[2]),
                lambda value: str(value).lower() != "true",
                says,
                subject=platform.subject,
                block=platform.resource.block,
                severity="medium",
            )
            return
    if more or not platform.resource.attr("template_name" if terraform else "TemplateName").is_absent:
        yield undecided(platform.span, "its settings are not all known here")
        return
    yield finding(
        platform.span,
        says,
        subject=platform.subject,
        block=platform.resource.block,
        severity="medium",
        confidence="medium",
    )
