"""Terraform that installs whatever is newest on the day it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from djaws.finding import Span
from djaws.model.cloud import Stack
from djaws.model.system import System
from djaws.model.value import Map, Seq, Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import deployed_provider, mentioned, other_tool

_LOCK = ".terraform.lock.hcl"
#: What pins the version of Terraform outside of its own files.
_VERSION_FILES = (".terraform-version", ".opentofu-version", ".tool-versions", "mise.toml", ".mise.toml")
_PINNED_IN_PIPELINE = re.compile(
    r"terraform_version:\s{0,5}['\"]?~?>?\s{0,5}\d|tofu_version:\s*['\"]?\d|hashicorp/terraform:\d|opentofu/opentofu:\d"
    r"|terraform_\d+\.\d+\.\d+_linux|(TERRAFORM|TF|TOFU)_VERSION\s*[:=]+\s*['\"]?v?\d|tfenv (install|use) \d"
)
_BOUNDED = re.compile(r"~>|<|(^|,)\s*=?\s*v?\d")
_EXACT = re.compile(r"^\s*=?\s*v?\d+\.\d+\.\d+\S*\s*$")


@policy(
    "Terraform or its providers are not pinned",
    severity="low",
    pillar="operations",
    languages=("terraform",),
    advice=("A5.1",),
    source="HashiCorp, Terraform style guide: version pinning",
)
def unpinned_terraform(system: System) -> Verdicts:
    """A root that is deployed says nothing about the version of Terraform, or has no lock file, so that each run may choose another
    release of the AWS provider.

    A version file, or a version in the pipeline, pins Terraform as well as `required_version` does; an exact provider version
    needs no lock file. Modules, examples and tests are left alone: they should accept a range.

    ## Why

    The same commit plans differently tomorrow, and nobody changed anything.

    ## Fix: Terraform

    ```hcl
    terraform {
      required_version = "~> 1.9"

      required_providers {
        aws = {
          source  = "hashicorp/aws"
          version = "~> 6.0"
        }
      }
    }
    ```

    Run `terraform init` and commit `.terraform.lock.hcl`.
    """
    for stack in system.stacks:
        provider = deployed_provider(stack)
        if provider is None:
            continue
        subject = stack.path or "."
        yield from _terraform(system, stack, provider.span)
        lock = f"{stack.path}/{_LOCK}" if stack.path else _LOCK
        if lock not in system.tree:
            yield from _provider(system, stack, provider.span, subject)


def _terraform(system: System, stack: Stack, span: Span) -> Verdicts:
    required = stack.meta.get("required_version")
    if not required.is_absent or any(_has(system, stack, name) for name in _VERSION_FILES):
        return
    elsewhere = mentioned(system, _PINNED_IN_PIPELINE)
    if elsewhere:
        return
    yield finding(
        span,
        f"{stack.path or 'the root'} says nothing about the version of Terraform",
        subject=stack.path or ".",
    )


def _has(system: System, stack: Stack, name: str) -> bool:
    """Whether the file is in the root's directory or in one above it."""
    folder = stack.path
    while folder:
        if f"{folder}/{name}" in system.tree:
            return True
        folder = folder.rpartition("/")[0]
    return name in system.tree


def _provider(system: System, stack: Stack, span: Span, subject: str) -> Verdicts:
    constraint, place = _constraint(stack, span)
    if constraint.unknown:
        yield undecided(constraint.unknown.span, constraint.unknown.because)
        return
    if constraint.always(lambda text: text is not None and _EXACT.match(text) is not None):
        return
    tool = other_tool(system)
    if tool and tool[0] == "Terragrunt":
        yield undecided(tool[1], "Terragrunt may write the lock file")
        return
    is_bounded = constraint.always(lambda text: text is not None and _BOUNDED.search(text) is not None)
    because = (
        f"no {_LOCK} is committed"
        if is_bounded
        else f"neither {_LOCK} nor an upper bound holds the AWS provider"
    )
    yield finding(place, f"{because}: each run may install another release", subject=subject)


def _constraint(stack: Stack, span: Span) -> tuple[Value[str | None], Span]:
    """The AWS provider's version constraint and its place, else the provider's."""
    for block in _maps(stack.meta.get("required_providers")):
        aws = block.get("aws")
        for each in aws.alternatives:
            if isinstance(each.value, Map):
                version = each.value.get("version")
                return version, version.span if not version.is_absent else each.span
            if isinstance(each.value, str):
                return Value.of(each.value, each.span), each.span
    for provider in stack.providers:
        if provider.name == "aws" and not provider.body.get("version").is_absent:
            version = provider.body.get("version")
            return version, version.span
    return Value.absent(span), span


def _maps(value: Value[object]) -> Iterator[Map]:
    for each in value.alternatives:
        if isinstance(each.value, Map):
            yield each.value
        elif isinstance(each.value, Seq):
            for item in each.value.items:
                yield from _maps(item)
