"""AWS that was clicked together."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from djaws.finding import Span
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from ._pipelines import deploys_application, runs
from .model import other_tool


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`iac-repo` names the repository that holds the infrastructure code."""

    iac_repo: str = ""


_CREATES = re.compile(
    r"\baws (s3 mb|s3api create-bucket|rds create-db-instance|ecs create-(cluster|service)|ec2 run-instances|lambda create-function"
    r"|sqs create-queue|elasticache create-\S+|elasticbeanstalk create-environment)\b"
)
_OTHER = re.compile(
    r"\.bicep$|(^|/)(copilot/[^/]+/manifest\.ya?ml|cdktf\.json|\.chalice/config\.json|samconfig\.toml|sst\.config\.\w+|nango\.ya?ml)$"
    r"|\.tf(\.json)?$|\.tofu$|(^|/)aws_cdk|\.playbook\.ya?ml$|(^|/)(playbooks?|ansible|roles|crossplane)/"
)
_CDK = ("aws-cdk-lib", "aws-cdk-core", "pulumi", "pulumi-aws", "troposphere", "sceptre", "cdktf", "ansible")


@policy(
    "AWS without infrastructure code",
    severity="low",
    confidence="low",
    pillar="operations",
    languages=("pipeline",),
    default="advice",
    advice=("A5.1",),
    source="AWS Well-Architected Framework, OPS05-BP10",
)
def no_infrastructure_code(system: System, params: Params) -> Verdicts:
    """The repository deploys to AWS, or creates resources there by commands, and describes none of it: no Terraform, CloudFormation,
    CDK, Pulumi or another tool's files. One remark for the repository.

    Name the repository that does with `iac-repo` under `[tool.djaws.policies."delivery/no-infrastructure-code"]`.

    ## Why

    Nobody can say what runs there, rebuild it in another region, or review a change of it.

    ## Fix: Terraform

    Describe what is there, `import` it, and change it by pull requests from then on.
    """
    if params.iac_repo or system.stacks or _is_described(system):
        return
    evidence = next(_evidence(system), None)
    if evidence is None:
        return
    span, what = evidence
    hidden = next((each.hidden for each in runs(system) if each.hidden and each.job and each.job.uses), None)
    if hidden:
        yield undecided(hidden, "a workflow of another repository may know the infrastructure")
        return
    yield finding(span, f"{what}, and no file of the repository describes what runs there", subject=span.path)


def _is_described(system: System) -> bool:
    return (
        other_tool(system) is not None
        or any(_OTHER.search(path) for path in system.tree.paths)
        or bool(system.pipeline.requires(*_CDK))
        or bool(system.pipeline.copilot)
    )


def _evidence(system: System) -> Iterator[tuple[Span, str]]:
    for run in runs(system):
        for act in run.acts:
            if deploys_application(act):
                yield act.span, f"the job {run.name} deploys to AWS"
            elif _CREATES.search(act.text):
                yield act.span, "a command creates a resource on AWS"
    for script in system.pipeline.scripts.values():
        for command in script.commands:
            if _CREATES.search(command.text):
                yield script.at(command), "a command creates a resource on AWS"
    for path in system.tree.paths:
        if path.endswith(".elasticbeanstalk/config.yml"):
            yield Span(path, 1), "the project is deployed to Elastic Beanstalk"
