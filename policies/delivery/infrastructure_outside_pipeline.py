"""Infrastructure code that no pipeline looks at."""

from __future__ import annotations

import re

import msgspec

from djaws.files import is_workflow
from djaws.finding import Span
from djaws.model.cloud import Stack
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from ._pipelines import runs
from .model import deployed_provider, mentioned, runners, words


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`external-pipeline` says that a pipeline outside of this repository runs its infrastructure code."""

    external_pipeline: bool = False


_TOOLS = re.compile(
    r"terraform|tofu\b|opentofu|terragrunt|tflint|atlantis|spacelift|env0|scalr|digger|cloudformation|cfn[-_]lint|\bsam (build|deploy|validate)"
    r"|\bcdk\b|pulumi|checkov|djaws check|uses:\s*\S*djaws|rain deploy|sceptre|stack ?set|setup-sam|\bcfn\b",
    re.IGNORECASE,
)
_SERVICES = re.compile(
    r"(^|/)(atlantis\.ya?ml|\.spacelift/|\.terraform-?cloud|env0\.ya?ml|digger\.ya?ml|scalr[\w.-]*\.ya?ml|stack-deployment\.ya?ml"
    r"|samconfig\.toml|\.gitlab/managed_apps)"
)
_CI = re.compile(
    r"(^|/)(\.gitlab-ci[\w.-]*\.ya?ml|\.circleci/|bitbucket-pipelines\.ya?ml|azure-pipelines[\w-]*\.ya?ml|\.drone\.ya?ml|\.travis\.ya?ml"
    r"|Jenkinsfile[\w.-]*|buildspec[\w.-]*\.ya?ml|\.buildkite/|\.woodpecker|\.semaphore/|\.teamcity/|cloudbuild\.ya?ml)"
)
_UNDEPLOYED = frozenset(
    {"example", "examples", "test", "tests", "fixtures", "sample", "samples", "templates"}
)
_BUILDERS = (
    "aws_codebuild_project",
    "aws_codepipeline",
    "AWS::CodeBuild::Project",
    "AWS::CodePipeline::Pipeline",
)


@policy(
    "Infrastructure code that no pipeline runs",
    severity="medium",
    confidence="medium",
    pillar="operations",
    languages=("terraform", "cloudformation"),
    advice=("A5.3",),
    source="AWS Well-Architected Framework, OPS05-BP10",
)
def infrastructure_outside_pipeline(system: System, params: Params) -> Verdicts:
    """The repository holds Terraform roots or templates that are deployed, and none of its pipelines plans, checks or
    deploys them, by themselves or by a script or makefile. One remark for the repository.

    Set `external-pipeline = true` under `[tool.djaws.policies."delivery/infrastructure-outside-pipeline"]` when a pipeline
    elsewhere does. It does not decide where a workflow of another repository, HCP Terraform or a CodeBuild project may.

    ## Why

    What is applied from a laptop is applied from whichever state that laptop was in, and nobody reviewed the plan.

    ## Fix: Terraform

    ```yaml
    - run: terraform init && terraform plan -input=false
    ```

    ## Fix: CloudFormation

    ```yaml
    - run: cfn-lint infra/*.yaml
    - run: aws cloudformation deploy --stack-name shop --template-file infra/shop.yaml
    ```
    """
    if params.external_pipeline:
        return
    deployed = [(stack, span) for stack in system.stacks if (span := _deployed(stack)) is not None]
    if not deployed or _is_automated(system):
        return
    stack, span = deployed[0]
    doubt = _doubt(system, tuple(each for each, _ in deployed))
    if doubt:
        yield undecided(span, doubt)
        return
    yield finding(
        span,
        f"no pipeline plans, checks or deploys {stack.path or 'the infrastructure'}"
        + (f" and {len(deployed) - 1} more" if len(deployed) > 1 else ""),
        subject=stack.path or ".",
        related=[(each, "nor this") for _, each in deployed[1:6]],
    )


def _deployed(stack: Stack) -> Span | None:
    """The place that stands for a stack that is deployed, None for examples, modules and empty ones."""
    provider = deployed_provider(stack)
    if provider is not None:
        return provider.span
    if stack.dialect == "terraform" or not words(stack.path.rpartition("/")[0]).isdisjoint(_UNDEPLOYED):
        return None
    first = next((each for each in stack.resources if each.block.path == stack.path), None)
    return first.span if first else None


def _is_automated(system: System) -> bool:
    """Whether a pipeline runs a tool of infrastructure, or may by a script or makefile that does."""
    if any(_SERVICES.search(path) for path in system.tree.paths):
        return True
    has_pipeline = any(is_workflow(path) or _CI.search(path) for path in system.tree.paths)
    return has_pipeline and mentioned(system, _TOOLS) is not None


def _doubt(system: System, stacks: tuple[Stack, ...]) -> str:
    for stack in stacks:
        if not stack.meta.get("cloud").is_absent or _is_remote(stack):
            return "HCP Terraform may run it when somebody pushes"
    hidden = next((each.hidden for each in runs(system) if each.hidden), None)
    if hidden:
        return f"{hidden.path} runs something that is not in the repository"
    if any(True for _ in system.of_type(*_BUILDERS)):
        return "a CodeBuild project may run it"
    known = {path for path, _ in runners(system)}
    unread = (path for path in system.tree.paths if is_workflow(path) or _CI.search(path))
    missed = next((path for path in unread if path not in known), "")
    return f"{missed} could not be read" if missed else ""


def _is_remote(stack: Stack) -> bool:
    backend = stack.meta.get("backend")
    return any("'remote'" in str(each.value) for each in backend.alternatives)
