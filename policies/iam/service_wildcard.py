"""Roles of applications that may do everything with a service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from djaws.files import Tree
from djaws.finding import Span
from djaws.model.cloud import Resource, Stack
from djaws.model.system import System
from djaws.model.value import Seq, Value
from djaws.policy import Verdicts, finding, policy

from .model import Permissions, Statement, located, once, permissions, purpose, statements

_SERVICES = (
    "s3",
    "sqs",
    "sns",
    "dynamodb",
    "secretsmanager",
    "ssm",
    "kms",
    "logs",
    "ses",
    "iam",
    "sts",
    "ecs",
    "lambda",
    "rds",
)


class Parameters(msgspec.Struct, frozen=True, rename="kebab"):
    """`services` are those whose wildcard counts; `operators` are words in the name of a role that may do everything."""

    services: tuple[str, ...] = _SERVICES
    operators: tuple[str, ...] = ()


@policy(
    "Application role may do everything with a service",
    severity="medium",
    pillar="security",
    languages=("terraform", "cloudformation", "sam"),
    advice=("A2.2",),
    source="AWS Security Hub IAM.21; AWS Well-Architected SEC03-BP02",
)
def service_wildcard(system: System, parameters: Parameters) -> Verdicts:
    """A policy of a role allows all actions of a service (`s3:*`), or `iam:PassRole` on every resource without naming the service it
    is passed to, or a role has one of AWS's `…FullAccess` policies, `AdministratorAccess` or `PowerUserAccess`.

    It reads `jsonencode`, heredocs, `aws_iam_policy_document`, CloudFormation and the policies of SAM functions. Low when the
    resources are named, and for roles that deploy; silent for roles of administrators, for denials and for policies of keys and
    buckets. Plain `*` is reported by other rules.

    ## Why

    One request forged through the application, one dependency gone bad, and the attacker has what the role has: with `s3:*` the
    buckets of everybody and their policies, with `iam:PassRole` on everything any role that a service takes.

    ## Fix: Terraform

        actions   = ["s3:GetObject", "s3:PutObject"]
        resources = ["${aws_s3_bucket.media.arn}/*"]

    ## Fix: CloudFormation

        Action: [s3:GetObject, s3:PutObject]
        Resource: !Sub "${Media.Arn}/*"

    ## Fix: SAM

        Policies:
          - S3CrudPolicy:
              BucketName: !Ref Media
    """
    for stack in system.stacks:
        yield from once(_all(stack, system.tree, parameters))


def _all(stack: Stack, tree: Tree, parameters: Parameters) -> Verdicts:
    for each in permissions(stack):
        kind = _purpose(each.resource, each.roles, parameters)
        if kind != "operator":
            yield from _of_document(each, kind, tree, parameters)
    for resource, value in _managed(stack):
        roles = tuple(role for role in stack.resolve(resource.attr("role")) if role.type == "aws_iam_role")
        kind = _purpose(resource, roles, parameters)
        if kind != "operator":
            yield from _of_managed(resource, value, kind)


def _purpose(resource: Resource, roles: tuple[Resource, ...], parameters: Parameters) -> str:
    names = " ".join(each.name.lower() for each in (resource, *roles))
    if any(word.lower() in names for word in parameters.operators):
        return "operator"
    return purpose(resource, roles)


def _of_document(each: Permissions, kind: str, tree: Tree, parameters: Parameters) -> Verdicts:
    for statement in statements(each.document)[0]:
        if not statement.allows:
            continue
        for action, span in statement.texts("Action"):
            service, _, verb = action.lower().partition(":")
            at = located(tree, span if span.path else statement.span, each.resource.block, action)
            if verb == "*" and service in parameters.services:
                is_narrow = _is_narrow(statement)
                yield finding(
                    at,
                    f"{each.resource.short} allows {action}" + (" on what it names" if is_narrow else ""),
                    subject=f"{each.resource.address} {action}",
                    block=each.resource.block,
                    severity="low" if is_narrow or kind == "deployer" else None,
                    guard=statement.guard,
                )
            elif action.lower() == "iam:passrole" and _passes_anything(statement):
                yield finding(
                    at,
                    f"{each.resource.short} may pass any role to any service",
                    subject=f"{each.resource.address} {action}",
                    block=each.resource.block,
                    severity="low" if kind == "deployer" else None,
                    guard=statement.guard,
                )


def _is_narrow(statement: Statement) -> bool:
    """Whether the resources, or a condition, limit it: only a plain `*` among them does not."""
    if statement.has("Condition") is not False:
        return True
    listed = statement.texts("Resource")
    return not any(text == "*" or re.fullmatch(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:\*", text) for text, _ in listed)


def _passes_anything(statement: Statement) -> bool:
    return statement.has("Condition") is False and any(text == "*" for text, _ in statement.texts("Resource"))


# --- AWS's own policies

_MANAGED = re.compile(
    r"^(?:arn:[a-z-]+:iam::aws:policy/)?(?:[a-z-]+/)?(?P<name>(?:Amazon|AWS)?[A-Za-z0-9_]*FullAccess(?:_v2)?|AdministratorAccess|PowerUserAccess)$"
)
#: Full access to what an application writes to and no more.
_TOLERABLE = frozenset({"AmazonElasticContainerRegistryPublicFullAccess"})


def _managed(stack: Stack) -> Iterator[tuple[Resource, Value[Any]]]:
    for attachment in stack.of_type("aws_iam_role_policy_attachment"):
        yield attachment, attachment.attr("policy_arn")
    for role in stack.of_type("aws_iam_role", "AWS::IAM::Role"):
        yield role, role.attr("managed_policy_arns" if role.dialect == "terraform" else "ManagedPolicyArns")
    for function in stack.of_type("AWS::Serverless::Function"):
        yield function, function.attr("Policies")


def _of_managed(resource: Resource, value: Value[Any], kind: str) -> Verdicts:
    for text, span in _flat(value):
        match = _MANAGED.match(text)
        if match and match["name"] not in _TOLERABLE:
            yield finding(
                span if span.path else resource.span,
                f"{resource.short} has AWS's policy {match['name']}",
                subject=f"{resource.address} {match['name']}",
                block=resource.block,
                severity="low" if kind == "deployer" else None,
            )


def _flat(value: Value[Any]) -> Iterator[tuple[str, Span]]:
    for alternative in value.alternatives:
        if isinstance(alternative.value, str):
            yield alternative.value, alternative.span
        elif isinstance(alternative.value, Seq):
            for item in alternative.value.items:
                yield from _flat(item)
    if value.unknown and value.unknown.parts[-1:] and value.unknown.parts[-1]:
        # `arn:${AWS::Partition}:iam::aws:policy/AmazonS3FullAccess`: only the partition is a hole.
        name = value.unknown.parts[-1].rpartition("/")[2]
        if "iam::aws:policy/" in value.unknown.parts[-1]:
            yield name, value.unknown.span
