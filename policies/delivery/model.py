"""What the delivery policies read: deployed Terraform roots, what automates the repository, and words that name environments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from djaws.errors import Refused
from djaws.finding import Span
from djaws.model.cloud import Attr, Provider, Stack, View
from djaws.model.system import System


class ContainerService(View):
    """An ECS service."""

    types = ("aws_ecs_service", "AWS::ECS::Service")
    strategy = Attr(str, tf="deployment_controller.type", cfn="DeploymentController.Type", default="ECS")
    breaks = Attr(
        bool,
        tf="deployment_circuit_breaker.enable",
        cfn="DeploymentConfiguration.DeploymentCircuitBreaker.Enable",
        default=False,
    )
    rolls_back = Attr(
        bool,
        tf="deployment_circuit_breaker.rollback",
        cfn="DeploymentConfiguration.DeploymentCircuitBreaker.Rollback",
        default=False,
    )
    watches = Attr(bool, tf="alarms.enable", cfn="DeploymentConfiguration.Alarms.Enable", default=False)
    rolls_back_on_alarm = Attr(
        bool, tf="alarms.rollback", cfn="DeploymentConfiguration.Alarms.Rollback", default=False
    )


class DeploymentGroup(View):
    """A CodeDeploy deployment group."""

    types = ("aws_codedeploy_deployment_group", "AWS::CodeDeploy::DeploymentGroup")
    rolls_back = Attr(
        bool,
        tf="auto_rollback_configuration.enabled",
        cfn="AutoRollbackConfiguration.Enabled",
        default=False,
    )


#: Files of tools that create infrastructure which djaws does not analyse.
_OTHER_TOOLS = {
    "cdk.json": "AWS CDK",
    "Pulumi.yaml": "Pulumi",
    "Pulumi.yml": "Pulumi",
    "serverless.yml": "the Serverless Framework",
    "serverless.yaml": "the Serverless Framework",
    "serverless.ts": "the Serverless Framework",
    "terragrunt.hcl": "Terragrunt",
    "root.hcl": "Terragrunt",
    "zappa_settings.json": "Zappa",
}


def other_tool(system: System) -> tuple[str, Span] | None:
    """A tool that creates infrastructure which djaws does not analyse, and the file that says so."""
    for path in system.tree.paths:
        tool = _OTHER_TOOLS.get(path.rpartition("/")[2])
        if tool:
            return tool, Span(path)
    return None


def words(text: str) -> frozenset[str]:
    """The lower-case words of a name or path: `shop-devEU/api` is shop, dev, eu and api."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return frozenset(re.split(r"[^a-z0-9]+", spaced.lower())) - {""}


PRODUCTION = frozenset({"prod", "production", "live", "prd"})


def is_production(text: str) -> bool:
    return not words(text).isdisjoint(PRODUCTION)


def is_nonproduction(text: str, system: System) -> bool:
    """Whether a name or a path says non-production, and nothing in it says production."""
    return not words(text).isdisjoint(system.config.nonproduction) and not is_production(text)


# --- Terraform roots

_UNDEPLOYED = frozenset(
    {"example", "examples", "test", "tests", "fixture", "fixtures", "module", "modules", "sample", "samples"}
)


def deployed_provider(stack: Stack) -> Provider | None:
    """The AWS provider of a Terraform root that is deployed, None for examples, tests, modules and other stacks.

    A provider with endpoints of its own talks to an emulator.
    """
    if stack.dialect != "terraform" or not words(stack.path).isdisjoint(_UNDEPLOYED):
        return None
    own = [
        each
        for each in stack.providers
        if each.name == "aws"
        and not each.address.startswith("module.")
        and "endpoints" not in each.body.entries
    ]
    has_resources = any(not each.is_data for each in stack.resources) or bool(stack.unresolved)
    return own[0] if own and has_resources else None


# --- what automates the repository

_RUNNERS = re.compile(
    r"(^|/)(GNU)?[Mm]akefile$|\.mk$|(^|/)[Jj]ustfile$|(^|/)\.justfile$|(^|/)Taskfile[\w.-]*\.ya?ml$|(^|/)tox\.ini$"
    r"|(^|/)(noxfile|tasks|fabfile|dodo|invoke)\.py$|(^|/)pyproject\.toml$|(^|/)setup\.cfg$|(^|/)package\.json$"
    r"|(^|/)\.pre-commit-config\.ya?ml$|(^|/)lefthook\.ya?ml$|(^|/)Jenkinsfile[\w.-]*$|\.groovy$|(^|/)atlantis\.ya?ml$"
    r"|(^|/)\.(gitlab|github|circleci|buildkite|woodpecker|semaphore|husky|teamcity|azure|azuredevops|spacelift)/"
    r"|(^|/)\.gitlab-ci[\w.-]*\.ya?ml$|(^|/)(bitbucket-pipelines|azure-pipelines[\w-]*|\.drone|\.travis|cloudbuild)\.ya?ml$"
    r"|(^|/)(buildspec|appspec)[\w.-]*\.ya?ml$|\.(sh|bash|zsh|ps1|bat)$|(^|/)(bin|scripts?|ci|tools|deploy|\.ci)/[^/]*$"
    r"|(^|/)[\w.-]*Dockerfile[\w.-]*$|(^|/)(docker-)?compose[\w.-]*\.ya?ml$|(^|/)Procfile[\w.-]*$|(^|/)[\w-]*entrypoint$"
    r"|(^|/)(mise|\.mise)\.toml$|(^|/)Earthfile$|\.ebextensions/"
)
#: A runner larger than this is data.
_MAX_RUNNER = 400_000
_runners: WeakKeyDictionary[System, tuple[tuple[str, str], ...]] = WeakKeyDictionary()


def runners(system: System) -> tuple[tuple[str, str], ...]:
    """Path and text of every file that may run a command on somebody's behalf: pipelines, scripts, makefiles, task runners."""
    if system not in _runners:
        _runners[system] = tuple(_read_runners(system))
    return _runners[system]


def _read_runners(system: System) -> Iterator[tuple[str, str]]:
    for path in system.tree.paths:
        if _RUNNERS.search(path):
            try:
                if system.tree.size(path) <= _MAX_RUNNER:
                    yield path, system.tree.text(path)
            except Refused:
                continue


def mentioned(system: System, pattern: re.Pattern[str]) -> Span | None:
    """The first place in what automates the repository that says `pattern`."""
    for path, text in runners(system):
        found = pattern.search(text)
        if found:
            return Span(path, text.count("\n", 0, found.start()) + 1)
    return None
