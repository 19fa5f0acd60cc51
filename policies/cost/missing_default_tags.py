"""Places where tags for everything belong and are not."""

from __future__ import annotations

from collections.abc import Collection

from djaws.finding import Span
from djaws.model.cloud import Provider, Stack
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy

from ._deployments import Deployment, deployments
from ._tags import FEW, Scheme, Tagged, in_force, provider_tags, scheme_of, tagging


@policy(
    "Provider without default tags, or a stack deployed without tags",
    severity="low",
    pillar="cost",
    languages=("terraform", "cloudformation", "sam"),
    advice=("A4.1",),
    source="AWS Well-Architected Framework, COST03-BP02",
)
def missing_default_tags(system: System) -> Verdicts:
    """An AWS provider block, an alias among them, has no `default_tags`, or the pipeline deploys a stack without `--tags`.

    Asked only where three or more resources of the root take tags, and where some resource of that provider or stack lacks a
    required one. A provider whose resources take no tags needs none.

    ## Why

    Tags on single resources are forgotten with the next resource. Those of the provider and of the stack are not. The
    alias for CloudFront's certificates is the one that is usually forgotten.

    ## Fix: Terraform

    Copy the block to every alias.

    ```hcl
    provider "aws" {
      alias  = "us_east_1"
      region = "us-east-1"

      default_tags {
        tags = local.tags
      }
    }
    ```

    ## Fix: CloudFormation

    ```
    aws cloudformation deploy --template-file template.yaml --stack-name shop \\
      --tags Project=shop Environment=production Owner=web
    ```

    ## Fix: SAM

    ```toml
    [default.deploy.parameters]
    tags = "Project=shop Environment=production Owner=web"
    ```
    """
    scheme = scheme_of(system)
    for stack in system.stacks:
        taggable = tagging(system).of(stack)
        if len(taggable) < FEW:
            continue
        if stack.dialect == "terraform":
            yield from _providers(system, stack, taggable, scheme)
        elif not stack.tags.entries and _lack_any(system, stack, taggable, scheme):
            yield from _deployed(system, stack)


def _providers(system: System, stack: Stack, taggable: Collection[Tagged], scheme: Scheme) -> Verdicts:
    with_tags = next((each for each in stack.providers if each.name == "aws" and not _has_none(each)), None)
    for provider in stack.providers:
        if provider.name != "aws" or not _has_none(provider):
            continue
        own = [tagged for tagged in taggable if tagged.resource.provider is provider]
        if own and _lack_any(system, stack, own, scheme):
            name = f"{provider.name}.{provider.alias}" if provider.alias else provider.name
            count = f"{len(own)} taggable {'resource' if len(own) == 1 else 'resources'}"
            yield finding(
                provider.span,
                f"the provider {name} has no default_tags for its {count}",
                subject=f"provider.{provider.address}",
                block=provider.block,
                related=[(with_tags.span, "this provider has default_tags")] if with_tags else (),
            )


def _has_none(provider: Provider) -> bool:
    tags = provider_tags(provider)
    return bool(tags.alternatives) and all(
        alternative.value.rest is None and not alternative.value.entries for alternative in tags.alternatives
    )


def _lack_any(system: System, stack: Stack, resources: Collection[Tagged], scheme: Scheme) -> bool:
    groups, _ = in_force(system, stack, scheme)
    return any(tagged.presence(group, scheme).state == "absent" for tagged in resources for group in groups)


def _deployed(system: System, stack: Stack) -> Verdicts:
    certain = deployments(system).certain(stack)
    if any(each.passes_tags for each in certain):
        certain = tuple(each for each in certain if not each.passes_tags)
    elif stack.environments:
        yield finding(
            _samconfig(stack), f"samconfig gives the stack of {stack.path} no tags", subject=stack.path
        )
        return
    for each in certain:
        yield finding(
            each.span, f"{_tool(each)} deploys {stack.path} without tags for the stack", subject=stack.path
        )


def _samconfig(stack: Stack) -> Span:
    return Span(next((path for path in stack.files if path.endswith("samconfig.toml")), stack.path))


def _tool(deployment: Deployment) -> str:
    return {"sam": "`sam deploy`", "aws": "`aws cloudformation`", "pipeline": "this pipeline"}.get(
        deployment.tool, "this step"
    )
