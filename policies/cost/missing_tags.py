"""Money spent without a name on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from djaws.model.cloud import Stack
from djaws.model.system import System
from djaws.model.value import ALWAYS
from djaws.policy import Measure, Verdicts, finding, policy, undecided

from ._deployments import deployments
from ._tags import (
    FEW,
    REQUIRED,
    Group,
    Layer,
    Scheme,
    Share,
    Tagged,
    asked,
    blocked,
    each_block,
    in_force,
    is_shared,
    lacking,
    listed,
    shares,
    without_key,
)


@policy(
    "Resource on the bill without a required cost tag",
    severity="medium",
    pillar="cost",
    languages=("terraform", "cloudformation", "sam"),
    advice=("A4.1",),
    source="AWS Well-Architected Framework, COST02-BP05 and COST03-BP02",
)
def missing_tags(system: System, scheme: Scheme) -> Verdicts:
    """A resource that costs money lacks a tag that says for what, for which environment or for whom.

    Tags are followed to where they come from: the provider's `default_tags` (by alias, and through modules), `merge`,
    variables, loops, `tag` blocks, separate tagging resources, a stack's own tags from samconfig or from the pipeline's
    `--tags`. Only a tag that is certainly not there is reported. When four fifths of a provider's resources lack the same
    one, the provider is reported, once.

    One tag of each group is enough: Project (or Application, App, Service, Product, Workload), Environment (Env, Stage),
    Owner (Team, CostCenter). Where default tags carry most of the groups and nothing in the root uses the rest, the rest is
    taken for a decision. Set `required`, `types` (`costly` or `all`) and `case-sensitive` under
    `[tool.djaws.policies."cost/missing-tags"]`; the other tag policies follow it.

    ## Why

    Cost Explorer and the bill can be split only by tags. What carries none is nobody's, and nobody turns it off.

    ## Fix: Terraform

    Tag everything in one place. An `aws_autoscaling_group` does not get these tags: give it `tag` blocks.

    ```hcl
    provider "aws" {
      default_tags {
        tags = { Project = "shop", Environment = var.environment, Owner = "web" }
      }
    }
    ```

    ## Fix: CloudFormation

    Tags of the stack reach every resource that can carry them:

    ```
    aws cloudformation deploy --template-file template.yaml --stack-name shop \\
      --tags Project=shop Environment=production Owner=web
    ```

    ## Fix: SAM

    In samconfig.toml, `tags = "Project=shop Environment=production Owner=web"` below `[default.deploy.parameters]`.
    """
    for stack in system.stacks:
        groups, settled = in_force(system, stack, scheme)
        yield from _measured(asked(system, stack, scheme), groups, scheme)
        covered: set[tuple[int, Group]] = set()
        for share in shares(system, stack, scheme):
            yield from _of_share(system, share, groups, scheme, covered)
        yield from _of_resources(system, stack, groups, scheme, covered)
        yield from _open_question(system, stack, groups, settled, scheme)


def _measured(resources: list[Tagged], groups: tuple[Group, ...], scheme: Scheme) -> Iterator[Measure]:
    tagged = sum(
        all(each.presence(group, scheme).state == "present" for group in groups) for each in resources
    )
    yield Measure("tags.taggable", len(resources))
    yield Measure("tags.tagged", tagged)


def _of_share(
    system: System, share: Share, groups: tuple[Group, ...], scheme: Scheme, covered: set[tuple[int, Group]]
) -> Verdicts:
    """One finding for the groups that most of a provider's, or a template's, resources lack."""
    without = {group: lacking(share.resources, group, scheme) for group in groups}
    shared: list[Group] = []
    for group in groups:
        moved = _moved(share, without, group, scheme)
        if moved:
            shared.append(group)
            covered |= {(id(tagged), group) for tagged in moved}
    if not shared:
        return
    most = max(len(without[group]) for group in shared)
    first = without[shared[0]][0]
    yield finding(
        share.span,
        f"{most} of {len(share.resources)} resources {_whose(share)} lack a tag for {listed(shared)}: "
        f"{_remedy(share)}",
        subject=_subject(share),
        block=share.provider.block if share.provider else None,
        related=[(first.resource.span, f"{first.resource.address} is one of them")],
        confidence=_confidence(system, share.stack, scheme),
    )


def _moved(
    share: Share, without: dict[Group, list[Tagged]], group: Group, scheme: Scheme
) -> Collection[Tagged]:
    """The resources whose lack of a group is their provider's: all when most lack it.

    Where nobody configured the groups, a group that more than half of the otherwise tagged resources lack is no habit of the
    team's either: those are not told one by one.
    """
    if is_shared(len(without[group]), len(share.resources)):
        return share.resources
    if scheme.required != REQUIRED or len(share.resources) < FEW:
        return ()
    lacks = Counter(id(tagged) for absent in without.values() for tagged in absent)
    otherwise_tagged = [tagged for tagged in share.resources if 2 * lacks[id(tagged)] < len(without)]
    partly = [tagged for tagged in without[group] if 2 * lacks[id(tagged)] < len(without)]
    return partly if 2 * len(partly) > len(otherwise_tagged) else ()


def _whose(share: Share) -> str:
    if share.stack.dialect == "cloudformation":
        return "in this template"
    if share.provider and share.provider.alias:
        return f"of the provider {share.provider.name}.{share.provider.alias}"
    return "of this provider" if share.provider else "in this root"


def _remedy(share: Share) -> str:
    return "tag the stack" if share.stack.dialect == "cloudformation" else "put it into default_tags"


def _subject(share: Share) -> str:
    return f"provider.{share.provider.address}" if share.provider else share.stack.path or "."


def _confidence(system: System, stack: Stack, scheme: Scheme) -> str | None:
    """A template that nothing here deploys may get tags by hand; all the more when none of it is tagged."""
    if stack.dialect == "terraform" or stack.tags.entries or deployments(system).certain(stack):
        return None
    used = (scheme.is_cost_key(key) for each in asked(system, stack, scheme) for _, key, _ in each.entries())
    return "medium" if any(used) else "low"


def _of_resources(
    system: System, stack: Stack, groups: tuple[Group, ...], scheme: Scheme, covered: set[tuple[int, Group]]
) -> Verdicts:
    absent: dict[int, tuple[Group, ...]] = {}
    resources = []
    for tagged in asked(system, stack, scheme):
        missing = tuple(
            group
            for group in groups
            if (id(tagged), group) not in covered and tagged.presence(group, scheme).state == "absent"
        )
        if missing:
            absent[id(tagged)] = missing
            resources.append(tagged)
    confidence = _confidence(system, stack, scheme)
    for alike in each_block(resources, lambda tagged: absent[id(tagged)]):
        yield from _of_block(alike, absent[id(alike[0])], scheme, confidence)


def _of_block(
    alike: list[Tagged], missing: tuple[Group, ...], scheme: Scheme, confidence: str | None
) -> Verdicts:
    first = alike[0]
    guards = [first.presence(group, scheme).guard for group in missing]
    several = len(alike) > 1
    yield finding(
        first.span,
        f"{without_key(first.resource.address) if several else first.resource.address} has no tag for {listed(missing)}"
        f"{f' ({len(alike)} instances)' if several else ''}",
        subject=first.resource.address,
        block=first.resource.block,
        related=[(call, "called here") for call in first.resource.calls],
        confidence=confidence,
        guard=guards[0] if all(guard == guards[0] for guard in guards) else ALWAYS,
    )


def _open_question(
    system: System, stack: Stack, groups: tuple[Group, ...], settled: Layer | None, scheme: Scheme
) -> Verdicts:
    """At most one entry for a root: the expression that blocks most answers, else the groups that nobody here uses."""
    resources = asked(system, stack, scheme)
    doubt = blocked(resources, groups, scheme)
    unused = [group for group in scheme.required if group not in groups]
    if doubt:
        yield undecided(doubt.unknown.span, f"{doubt.unknown.because}: {_depends(doubt.resources)}")
    elif unused and settled and resources:
        yield undecided(
            settled.tags.span,
            f"nothing here uses a tag for {listed(unused)}: configure `required` if the bill is to be split by it",
        )


def _depends(count: int) -> str:
    return (
        "the tags of a resource depend on it" if count == 1 else f"the tags of {count} resources depend on it"
    )
