"""Deployments to production that any push, or any stranger, can start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from djaws.finding import Span
from djaws.model.cloud import Resource, members
from djaws.model.pipeline import Trigger, Workflow
from djaws.model.system import System
from djaws.model.value import Map
from djaws.policy import Verdicts, finding, policy

from ._pipelines import Act, Run, deploys_application, deploys_infrastructure, runs
from .model import is_production


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`require-approval` asks for a manual approval before a CodePipeline deploys to production."""

    require_approval: bool = False


_PIPELINES = ("aws_codepipeline", "AWS::CodePipeline::Pipeline")
_RESTRICTS = re.compile(
    r"\bref\b|ref_name|ref_type|base_ref|event_name|protected|actor|default_branch", re.IGNORECASE
)


@policy(
    "Production is deployed without a gate",
    severity="medium",
    confidence="medium",
    pillar="operations",
    languages=("pipeline", "terraform", "cloudformation"),
    advice=("A7.2",),
    source="GitHub documentation, managing environments for deployment",
)
def ungated_production_deploy(system: System, params: Params) -> Verdicts:
    """A workflow job deploys to production on a push to any branch or on a pull request, and neither an environment nor a condition
    holds it back.

    A push to named branches or tags, a release and a start by hand are gates. With `require-approval` a CodePipeline needs a manual
    approval before it deploys to production.

    ## Why

    Whoever may push a branch, or open a pull request, decides what customers get.

    ## Fix: GitHub Actions

    ```yaml
    deploy:
      environment: production
      if: github.ref == 'refs/heads/main'
    ```

    ## Fix: Terraform

    A stage with an action of the category `Approval` before the one that deploys; the same in CloudFormation.
    """
    for run in runs(system):
        if run.workflow:
            yield from _workflow(run, run.workflow)
    if params.require_approval:
        for pipeline in system.of_type(*_PIPELINES):
            yield from _pipeline(pipeline)


def _workflow(run: Run, flow: Workflow) -> Verdicts:
    if any(
        each.job and (each.job.environment or each.job.condition) for each in (run, *run.everything_before)
    ):
        return
    trigger = next((each for each in flow.triggers if _is_open(each)), None)
    if trigger is None:
        return
    for act in run.acts:
        deploys = deploys_application(act) or deploys_infrastructure(act)
        if deploys and not _RESTRICTS.search(act.condition) and _says_production(run, act):
            yield finding(
                act.span,
                f"the job {run.name} deploys to production on {_when(trigger)}, and nothing holds it back",
                subject=f"{run.path}/{run.name}",
                related=[(trigger.span, "what starts it")],
                severity="high" if trigger.event == "pull_request_target" else None,
            )
            return


def _is_open(trigger: Trigger) -> bool:
    """Whether it starts on a branch that anybody may push."""
    if trigger.event in ("pull_request_target", "pull_request"):
        return "closed" not in trigger.types
    if trigger.event != "push" or trigger.tags:
        return False
    return not trigger.branches or any(branch in ("*", "**") for branch in trigger.branches)


def _when(trigger: Trigger) -> str:
    return "a push to any branch" if trigger.event == "push" else "a pull request"


def _says_production(run: Run, act: Act) -> bool:
    return is_production(run.name) or is_production(run.path) or is_production(act.text)


# --- CodePipeline


def _pipeline(pipeline: Resource) -> Verdicts:
    approved = False
    for stage in members(pipeline.attr("stage" if pipeline.dialect == "terraform" else "Stages"))[0]:
        name = _text(stage, "name", "Name")
        for category, span in _actions(pipeline, stage):
            if category == "Approval":
                approved = True
            elif category == "Deploy" and is_production(name) and not approved:
                yield finding(
                    span if span.path else pipeline.span,
                    f"the stage {name} of {pipeline.address} deploys to production without an approval",
                    subject=pipeline.address,
                    block=pipeline.block,
                )
                return
            elif not category:
                return


def _actions(pipeline: Resource, stage: Map) -> Iterator[tuple[str, Span]]:
    for action in members(stage.get("action" if pipeline.dialect == "terraform" else "Actions"))[0]:
        kind = action.get("ActionTypeId")
        if kind.alternatives and isinstance(kind.alternatives[0].value, Map):
            action = kind.alternatives[0].value
        value: Any = action.get("category") if "category" in action.entries else action.get("Category")
        yield str(value.only("") or ""), value.span


def _text(data: Map, *names: str) -> str:
    return next((str(data.get(name).only("") or "") for name in names if name in data.entries), "")
