"""Deployments that nothing tested."""

from __future__ import annotations

import re

import msgspec

from djaws.finding import Span
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from ._pipelines import (
    Act,
    Run,
    deploys_application,
    deploys_infrastructure,
    is_called_test,
    pushes_image,
    runs,
    tests,
)
from .model import words


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`test-patterns` are regular expressions of commands that count as tests, beside the usual ones; `deploy-patterns` of
    commands that deploy.
    """

    test_patterns: tuple[str, ...] = ()
    deploy_patterns: tuple[str, ...] = ()


_IN_IMAGE = re.compile(r"\b(pytest|tox|nox|manage\.py test|coverage run|unittest)\b")


@policy(
    "Deployment without tests before it",
    severity="high",
    confidence="medium",
    pillar="operations",
    languages=("pipeline",),
    advice=("A7.2", "A7.1"),
    source="AWS Well-Architected Framework, OPS05-BP02",
)
def deploy_without_tests(system: System, params: Params) -> Verdicts:
    """A job deploys the application to AWS and neither it nor a job that it needs runs the test suite before; or the tests before it
    may fail (`continue-on-error`, `|| true`).

    Terraform and CloudFormation count where the same pipeline pushes an image. It does not decide where a pull request runs the
    tests (branch protection may require them), and where a workflow of another repository or a task runner may.

    ## Why

    What nobody tested is tested by the customers.

    ## Fix: GitHub Actions

    ```yaml
    deploy:
      needs: [test]
    ```

    ## Fix: CodeBuild

    ```yaml
    pre_build:
      commands:
        - python manage.py test
    ```
    """
    if not system.projects:
        return
    every = runs(system)
    for run in every:
        deployment = _deployment(run, params)
        if deployment is None or not words(f"{run.path} {run.name}").isdisjoint({"rollback", "revert"}):
            continue
        if deployment.condition and "rollback" in deployment.condition:
            continue
        yield from _judged(system, run, deployment, every, params)


def _deployment(run: Run, params: Params) -> Act | None:
    """The first thing in the job that deploys the application."""
    pushes = any(pushes_image(act) for each in (run, *run.everything_before) for act in each.acts)
    for act in run.acts:
        if (
            deploys_application(act)
            or (pushes and deploys_infrastructure(act))
            or (act.text and any(re.search(pattern, act.text) for pattern in params.deploy_patterns))
        ):
            return act
    return None


def _is_test(act: Act, params: Params) -> bool:
    return tests(act) or (
        bool(act.text) and any(re.search(pattern, act.text) for pattern in params.test_patterns)
    )


def _judged(system: System, run: Run, deployment: Act, every: tuple[Run, ...], params: Params) -> Verdicts:
    upstream = _upstream(run, every)
    own = run.acts[: run.acts.index(deployment)]
    found = [(act, act.is_ignored) for act in own if _is_test(act, params)]
    for each in (*run.everything_before, *upstream):
        found += [(act, act.is_ignored or each.is_ignored) for act in each.acts if _is_test(act, params)]
    if any(not ignored for _, ignored in found):
        return
    doubt = _doubt(system, run, upstream, every, params)
    if doubt and not found:
        yield undecided(deployment.span, doubt)
    elif found:
        yield finding(
            deployment.span,
            f"the job {run.name} deploys even when the tests before it fail",
            subject=f"{run.path}/{run.name}",
            related=[(found[0][0].span, "its failure is ignored")],
        )
    else:
        yield finding(
            deployment.span,
            f"the job {run.name} deploys, and nothing runs the tests before it",
            subject=f"{run.path}/{run.name}",
        )


def _upstream(run: Run, every: tuple[Run, ...]) -> tuple[Run, ...]:
    """The jobs of workflows whose end starts this one, and those before the jobs that call it."""
    if run.workflow is None:
        return ()
    found: list[Run] = []
    trigger = run.workflow.trigger("workflow_run")
    names = set(trigger.workflows) if trigger else set()
    for each in every:
        if each.workflow and each.workflow.name in names:
            found.append(each)
        if each.job and each.job.local == run.path:
            found += each.everything_before
    return tuple(found)


def _doubt(
    system: System, run: Run, upstream: tuple[Run, ...], every: tuple[Run, ...], params: Params
) -> str:
    """Why tests may run before although none is seen."""
    hidden = next((each.hidden for each in (run, *run.everything_before, *upstream) if each.hidden), None)
    if hidden:
        return f"{hidden.path} runs something that is not in the repository"
    named = next((each for each in (*run.everything_before, *upstream) if is_called_test(each)), None)
    if named:
        return f"the job {named.name} before it may run the tests"
    if run.configuration and run.configuration.system == "buildspec":
        return "another stage of its CodePipeline may run the tests"
    if run.workflow and run.workflow.trigger("workflow_call") and not upstream:
        return "whatever calls the workflow may run the tests"
    if run.workflow and all(each.event == "workflow_dispatch" for each in run.workflow.triggers):
        return "somebody starts it by hand, perhaps after the tests"
    if run.workflow and (trigger := run.workflow.trigger("workflow_run")):
        known = {each.workflow.name for each in every if each.workflow}
        if not set(trigger.workflows) <= known:
            return "a workflow that is not in the repository runs before it"
    if pushing := _tested_in_image(system):
        return f"{pushing.path} runs tests while the image is built"
    for each in every:
        tested = any(_is_test(act, params) and not act.is_ignored for act in each.acts)
        if tested and each.path != run.path and _on_pull_request(each):
            return f"{each.path} runs tests, and may be required before a merge"
    if any(each.hidden and _on_pull_request(each) for each in every):
        return "a workflow of another repository may run the tests on pull requests"
    return ""


def _on_pull_request(run: Run) -> bool:
    return run.workflow is None or run.workflow.trigger("pull_request", "merge_group") is not None


def _tested_in_image(system: System) -> Span | None:
    for dockerfile in system.pipeline.dockerfiles:
        for each in dockerfile.instructions:
            if each.keyword == "RUN" and _IN_IMAGE.search(each.text) and "install" not in each.text:
                return each.span
    return None
