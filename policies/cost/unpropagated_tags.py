"""Tags that stop at the parent of what is billed."""

from __future__ import annotations

from collections.abc import Iterator

from djaws.model.cloud import Attr, Resource, View, convert, members
from djaws.model.system import System
from djaws.model.value import Map, Value
from djaws.policy import Verdicts, convict, finding, policy, undecided

from ._tags import Scheme, Tagged, scheme_of, tagging
from .model import ContainerService, Database, DatabaseCluster, is_terraform, once


class _JobDefinition(View):
    types = ("aws_batch_job_definition", "AWS::Batch::JobDefinition")
    propagates = Attr(bool, tf="propagate_tags", cfn="PropagateTags", default=False)
    platforms = Attr(object, tf="platform_capabilities", cfn="PlatformCapabilities")


@policy(
    "Tags that do not reach what is billed",
    severity="low",
    pillar="cost",
    languages=("terraform", "cloudformation"),
    advice=("A4.1",),
    source="AWS Well-Architected Framework, COST03-BP02",
)
def unpropagated_tags(system: System) -> Verdicts:
    """A resource carries cost tags, and what AWS makes of it and bills does not get them.

    That is: an Auto Scaling group's tag that its instances do not get, a launch template that tags no volumes, Fargate tasks of
    an ECS service or of a Batch job definition, snapshots of a database. Silent where the parent has no cost tag either.
    ECS tasks count as tagged with ECS' own managed tags, too.

    ## Why

    The bill names tasks, instances, volumes and snapshots, not the service or the group that made them.

    ## Fix: Terraform

    ```hcl
    resource "aws_ecs_service" "web" {
      propagate_tags          = "SERVICE"
      enable_ecs_managed_tags = true
    }

    resource "aws_db_instance" "shop" {
      copy_tags_to_snapshot = true
    }

    resource "aws_launch_template" "node" {
      tag_specifications {
        resource_type = "volume"
        tags          = local.tags
      }
    }
    ```

    `default_tags` reach neither the instances of a group nor the volumes of a template.

    ## Fix: CloudFormation

    `PropagateTags: SERVICE` for services, `CopyTagsToSnapshot: true` for databases, `PropagateAtLaunch: true` for tags of
    groups, `TagSpecifications` inside `LaunchTemplateData`.
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    scheme = scheme_of(system)
    known = tagging(system)
    for service in system.each(ContainerService):
        if _carries(known.find(service.resource), scheme):
            yield from _service(service)
    for job in system.each(_JobDefinition):
        if _carries(known.find(job.resource), scheme):
            yield from _job(job)
    databases: list[Database | DatabaseCluster] = [*system.each(Database), *system.each(DatabaseCluster)]
    for database in databases:
        if _carries(known.find(database.resource), scheme):
            yield from _database(database)
    for group in system.of_type("aws_autoscaling_group", "AWS::AutoScaling::AutoScalingGroup"):
        yield from _group(group, scheme)
    for template in system.of_type("aws_launch_template", "AWS::EC2::LaunchTemplate"):
        if _carries(known.find(template), scheme):
            yield from _template(template)


def _carries(tagged: Tagged | None, scheme: Scheme) -> bool:
    """Whether there is a cost tag that could be passed on."""
    if tagged is None:
        return False
    return any(tagged.presence(group, scheme).state == "present" for group in scheme.required)


# --- ECS and Batch


def _service(service: ContainerService) -> Verdicts:
    if not _is_fargate(service) or not service.managed_tags.never(bool):
        return
    yield from convict(
        service.propagates,
        lambda source: str(source).upper() == "NONE",
        f"the tasks of {service.subject} do not get its tags",
        subject=service.subject,
        block=service.resource.block,
    )


def _is_fargate(service: ContainerService) -> bool:
    """On instances of its own a task is not billed; there the instances' tags count."""
    if service.launch_type.sometimes(lambda kind: kind == "FARGATE"):
        return True
    return any(
        provider.sometimes(lambda name: str(name).startswith("FARGATE"))
        for provider in service.capacity_providers()
    )


def _job(job: _JobDefinition) -> Verdicts:
    if "FARGATE" not in set(_texts(job.platforms)):
        return
    yield from convict(
        job.propagates,
        lambda does: not does,
        f"the tasks of {job.subject} do not get its tags",
        subject=job.subject,
        block=job.resource.block,
    )


def _texts(value: Value[object]) -> Iterator[str]:
    for alternative in value.alternatives:
        for item in getattr(alternative.value, "items", ()):
            yield from (str(each.value) for each in item.alternatives)


# --- databases


def _database(database: Database | DatabaseCluster) -> Verdicts:
    if isinstance(database, Database) and (_is_member(database) or _makes_no_snapshots(database)):
        return
    yield from convict(
        database.copies_tags,
        lambda does: not does,
        f"snapshots of {database.subject} do not get its tags",
        subject=database.subject,
        block=database.resource.block,
    )


def _is_member(database: Database) -> bool:
    """An Aurora instance: its snapshots are the cluster's."""
    return not database.cluster.is_absent or bool(
        database.engine.sometimes(lambda engine: str(engine).startswith(("aurora", "neptune", "docdb")))
    )


def _makes_no_snapshots(database: Database) -> bool:
    return (
        database.retention.always(lambda days: days == 0)
        and is_terraform(database.resource)
        and database.skips_final_snapshot.always(bool)
    )


# --- groups and templates


def _group(group: Resource, scheme: Scheme) -> Verdicts:
    names = (
        ("tag", "key", "propagate_at_launch") if is_terraform(group) else ("Tags", "Key", "PropagateAtLaunch")
    )
    tags, _ = group.blocks(names[0])
    for tag in tags:
        key = tag.get(names[1])
        if not key.sometimes(lambda text: scheme.is_cost_key(str(text))):
            continue
        stops = tag.get(names[2]).map(lambda data: convert(data, bool)).sometimes(lambda does: does is False)
        if stops:
            yield finding(
                stops[0].span,
                f"the instances of {group.address} do not get its tag {key.alternatives[0].value}",
                subject=group.address,
                block=group.block,
                guard=stops[0].guard,
            )


def _template(template: Resource) -> Verdicts:
    names = (
        ("tag_specifications", "resource_type")
        if is_terraform(template)
        else ("LaunchTemplateData.TagSpecifications", "ResourceType")
    )
    specifications = template.attr(names[0])
    blocks, more = members(specifications)
    kinds = [_kind(block, names[1]) for block in blocks]
    if any("volume" in kind for kind in kinds):
        return
    unknown = more or next(
        (block.get(names[1]).unknown for block in blocks if block.get(names[1]).unknown), None
    )
    if unknown:
        yield undecided(unknown.span, unknown.because)
        return
    yield finding(
        specifications.span if blocks else template.span,
        f"volumes of instances from {template.address} get none of its tags",
        subject=template.address,
        block=template.block,
    )


def _kind(block: Map, name: str) -> set[str]:
    return {str(alternative.value) for alternative in block.get(name).alternatives}
