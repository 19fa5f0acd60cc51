"""Workflows that use AWS with stored keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from djaws.errors import Refused
from djaws.finding import Span
from djaws.model.pipeline import Step, Workflow
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy

from .model import once

_CONFIGURE = "aws-actions/configure-aws-credentials"
_STORED = re.compile(r"\$\{\{\s*(?:secrets|vars)\s*[.\[]")
_ELSEWHERE = re.compile(
    r"endpoint|localstack|minio|r2\.cloudflarestorage|digitaloceanspaces|backblaze|wasabi", re.IGNORECASE
)


@policy(
    "Workflow uses stored AWS keys instead of OIDC",
    severity="high",
    pillar="security",
    languages=("pipeline",),
    advice=("A2.3", "A5.3"),
    source="GitHub: security hardening with OpenID Connect; AWS Well-Architected SEC02-BP02",
)
def long_lived_ci_keys(system: System) -> Verdicts:
    """A step of `aws-actions/configure-aws-credentials` takes an access key from the repository's secrets, or a workflow, job or
    step puts one into `AWS_ACCESS_KEY_ID`.

    Silent for keys that an earlier step made, for literals of emulators, and for other S3-compatible stores (an endpoint is named).
    Local composite actions are read; a key that is handed on to one is reported where it is read from the secrets.

    ## Why

    A stored key works from everywhere, for ever, until somebody remembers to rotate it. A token of GitHub's OIDC provider is good for
    one job and only for the branch or environment that the role trusts.

    ## Fix: GitHub Actions

        permissions:
          id-token: write
          contents: read
        steps:
          - uses: aws-actions/configure-aws-credentials@v5
            with:
              role-to-assume: arn:aws:iam::123456789012:role/deploy
              aws-region: eu-west-1
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for workflow in system.pipeline.workflows:
        lines = _lines(system, workflow.path)
        yield from _of_variables(workflow.variables, lines, "", _whole(workflow))
        for job in workflow.jobs:
            is_elsewhere = _is_elsewhere(job.variables, lines)
            yield from _of_variables(job.variables, lines, job.id, _of_steps(job.steps))
            for step in job.steps:
                if not is_elsewhere and not _is_elsewhere(step.variables, lines):
                    yield from _of_step(step, lines, job.id)


def _whole(workflow: Workflow) -> str:
    return " ".join(_of_steps(job.steps) for job in workflow.jobs)


def _of_steps(steps: tuple[Step, ...]) -> str:
    texts = [f"{step.uses} {step.run.text if step.run else ''} {' '.join(step.inputs)}" for step in steps]
    return " ".join(texts)


def _of_step(step: Step, lines: list[str], job: str) -> Verdicts:
    script = _of_steps((step,))
    yield from _of_variables(step.variables, lines, job, script)
    if step.action.lower() == _CONFIGURE:
        key = step.inputs.get("aws-access-key-id")
        if key is not None and _is_stored(key, lines):
            yield finding(
                key.span,
                "this step takes a stored access key instead of a role",
                subject=f"{job} {step.name or step.id or 'configure-aws-credentials'}",
            )


def _of_variables(variables: Mapping[str, Value[Any]], lines: list[str], job: str, script: str) -> Verdicts:
    key = variables.get("AWS_ACCESS_KEY_ID")
    if (
        key is None
        or not _is_stored(key, lines)
        or _is_elsewhere(variables, lines)
        or _ELSEWHERE.search(script)
    ):
        return
    yield finding(
        key.span,
        "AWS_ACCESS_KEY_ID is a stored access key",
        subject=f"{job} AWS_ACCESS_KEY_ID".strip(),
    )


def _is_stored(value: Value[Any], lines: list[str]) -> bool:
    """Whether the text is read from the repository's secrets or variables: what another step gives is short-lived."""
    text = _line(value.span, lines)
    return value.unknown is not None and _STORED.search(text) is not None


def _is_elsewhere(variables: Mapping[str, Value[Any]], lines: list[str]) -> bool:
    return any(
        _ELSEWHERE.search(name) or _ELSEWHERE.search(_line(value.span, lines))
        for name, value in variables.items()
        if name.startswith(("AWS_", "S3_"))
    )


def _line(span: Span, lines: list[str]) -> str:
    return lines[span.line - 1] if span.line and span.line <= len(lines) else ""


def _lines(system: System, path: str) -> list[str]:
    try:
        return system.tree.text(path).split("\n")
    except Refused:
        return []
