"""CodePipeline that deploys what nothing built or tested, or that asks instead of being told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from djaws.finding import Span
from djaws.model.cloud import Resource, members
from djaws.model.system import System
from djaws.model.value import Map, Unknown
from djaws.policy import Verdicts, finding, policy, undecided

_PIPELINES = ("aws_codepipeline", "AWS::CodePipeline::Pipeline")


@policy(
    "CodePipeline that deploys untested, or polls",
    severity="info",
    pillar="operations",
    languages=("terraform", "cloudformation"),
    advice=("A7.2",),
    source="AWS CodePipeline user guide, best practices",
)
def incomplete_aws_pipeline(system: System) -> Verdicts:
    """A CodePipeline deploys an application and no action before that builds or tests it; or its source is polled instead of announced
    by an event.

    A pipeline whose stages are not wholly known, and one that only deploys CloudFormation or copies to S3, is left alone.

    ## Why

    A pipeline without a test is a faster way to break production. Polling starts minutes late, and ends for pipelines that were
    inactive for a month.

    ## Fix: Terraform

    A stage with an action of the category `Test` or `Build` before the one that deploys, and
    `PollForSourceChanges = "false"` with an EventBridge rule.

    ## Fix: CloudFormation

    The same in `Stages`.
    """
    for stack in system.stacks:
        for pipeline in stack.of_type(*_PIPELINES):
            yield from _judged(pipeline)


@dataclass(frozen=True)
class _Action:
    category: str
    provider: str
    configuration: Map | None
    span: Span


def _judged(pipeline: Resource) -> Verdicts:
    actions, unknown = _actions(pipeline)
    if unknown:
        yield undecided(pipeline.span, unknown.because)
        return
    is_checked = False
    for action in actions:
        if action.category in ("Build", "Test", "Invoke", "Compute") or not action.category:
            is_checked = True
        elif action.category == "Deploy" and not is_checked and action.provider in _APPLICATIONS:
            yield finding(
                action.span if action.span.path else pipeline.span,
                f"{pipeline.address} deploys by {action.provider}, and no action before builds or tests anything",
                subject=pipeline.address,
                block=pipeline.block,
            )
            break
    yield from _polling(pipeline, actions)


_APPLICATIONS = frozenset(
    {"ECS", "CodeDeploy", "CodeDeployToECS", "ElasticBeanstalk", "EKS", "Lambda", "AppRunner"}
)


def _polling(pipeline: Resource, actions: list[_Action]) -> Verdicts:
    for action in actions:
        if action.category != "Source" or action.provider not in ("S3", "CodeCommit", "GitHub"):
            continue
        if action.configuration is None:
            continue
        polls = action.configuration.get("PollForSourceChanges")
        wrong = polls.sometimes(lambda on: str(on).lower() == "true" and on is not None)
        if wrong:
            yield finding(
                wrong[0].span if wrong[0].span.path else action.span,
                f"{pipeline.address} polls its source instead of being told of changes",
                subject=pipeline.address,
                block=pipeline.block,
            )


def _actions(pipeline: Resource) -> tuple[list[_Action], Unknown | None]:
    is_terraform = pipeline.dialect == "terraform"
    found: list[_Action] = []
    stages, unknown = members(pipeline.attr("stage" if is_terraform else "Stages"))
    for stage in stages:
        actions, more = members(stage.get("action" if is_terraform else "Actions"))
        unknown = unknown or more
        found += [_action(each) for each in actions]
    return found, unknown


def _action(body: Map) -> _Action:
    kind = _map(body, "ActionTypeId") or body
    category = _first(kind, "category", "Category")
    return _Action(
        category[0],
        _first(kind, "provider", "Provider")[0],
        _map(body, "configuration") or _map(body, "Configuration"),
        category[1],
    )


def _first(data: Map, *names: str) -> tuple[str, Span]:
    for name in names:
        if name in data.entries:
            value: Any = data.entries[name]
            return str(value.only("") or ""), value.span
    return "", data.span


def _map(data: Map, name: str) -> Map | None:
    return next(_maps(data, name), None)


def _maps(data: Map, name: str) -> Iterator[Map]:
    for each in data.get(name).alternatives if name in data.entries else ():
        if isinstance(each.value, Map):
            yield each.value
