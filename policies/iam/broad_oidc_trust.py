"""Roles that any repository of GitHub can take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from djaws.files import Tree
from djaws.finding import Span
from djaws.model.cloud import Resource, Stack, references_in
from djaws.model.system import System
from djaws.model.value import Map, Seq, Unknown, Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import Statement, located, once, statements

_ISSUER = "token.actions.githubusercontent.com"
#: Claims besides `sub` that bind a token to a repository.
_BINDING = frozenset({"repository", "repository_id", "job_workflow_ref", "workflow_ref", "environment"})


@policy(
    "Role can be taken by foreign repositories through GitHub's OIDC provider",
    severity="high",
    pillar="security",
    languages=("terraform", "cloudformation"),
    advice=("A2.2",),
    source="GitHub: configuring OpenID Connect in AWS; CKV_AWS_358",
)
def broad_oidc_trust(system: System) -> Verdicts:
    """A role trusts GitHub's OIDC provider without a condition on `sub`, or with one that repositories of others meet: `*`,
    `repo:*`, or every repository of an organisation (`repo:acme/*`).

    A condition on another claim that names the repository counts. Undecided where the condition comes from a variable.

    ## Why

    GitHub's provider is the same for everybody. Without `sub` any workflow of any account may take the role; with `repo:acme/*` the
    least guarded repository of the organisation decides who deploys.

    ## Fix: Terraform

        condition {
          test     = "StringEquals"
          variable = "token.actions.githubusercontent.com:sub"
          values   = ["repo:acme/shop:environment:production"]
        }

    ## Fix: CloudFormation

        Condition:
          StringEquals:
            token.actions.githubusercontent.com:sub: repo:acme/shop:environment:production
    """
    for stack in system.stacks:
        yield from once(_all(stack, system.tree))


def _all(stack: Stack, tree: Tree) -> Verdicts:
    for role in stack.of_type("aws_iam_role", "AWS::IAM::Role"):
        attribute = "assume_role_policy" if role.dialect == "terraform" else "AssumeRolePolicyDocument"
        for statement in statements(role.attr(attribute))[0]:
            if statement.allows and _trusts_github(statement, stack):
                yield from _of_statement(role, statement, tree)


def _trusts_github(statement: Statement, stack: Stack) -> bool:
    for alternative in statement.body.get("Principal").alternatives:
        if not isinstance(alternative.value, Map):
            continue
        federated = alternative.value.get("Federated")
        if any(_ISSUER in text for text in _pieces(federated)):
            return True
        for reference in references_in(federated):
            provider = stack.find(reference.address)
            if provider is None:
                continue
            url = provider.attr("url" if provider.dialect == "terraform" else "Url")
            if any(_ISSUER in text for text in _pieces(url)):
                return True
    return False


def _pieces(value: Value[Any]) -> Iterator[str]:
    """Every text, or known piece of a text, that a value may hold."""
    for alternative in value.alternatives:
        if isinstance(alternative.value, str):
            yield alternative.value
        elif isinstance(alternative.value, Seq):
            for item in alternative.value.items:
                yield from _pieces(item)
    if value.unknown:
        yield from (part for part in value.unknown.parts if part)


def _of_statement(role: Resource, statement: Statement, tree: Tree) -> Verdicts:
    subjects, unknown, is_bound = _subjects(statement.body.get("Condition"))
    if is_bound:
        return
    at = statement.span if statement.span.path else role.span
    if not subjects:
        if unknown:
            yield undecided(unknown.span, unknown.because)
        else:
            yield finding(
                at,
                f"{role.short} can be taken by every repository on GitHub: no condition names one",
                subject=role.address,
                block=role.block,
                guard=statement.guard,
            )
    for text, span in subjects:
        who = _reach(text)
        if who:
            yield finding(
                located(tree, span if span.path else at, role.block, text),
                f"{role.short} can be taken by {who}",
                subject=role.address,
                block=role.block,
                guard=statement.guard,
            )


def _subjects(condition: Value[Any]) -> tuple[list[tuple[str, Span]], Unknown | None, bool]:
    """The texts that `sub` is compared with, why there may be others, and whether another claim binds the token."""
    found: list[tuple[str, Span]] = []
    unknown = condition.unknown
    is_bound = False
    for alternative in condition.alternatives:
        if not isinstance(alternative.value, Map):
            continue
        unknown = unknown or alternative.value.rest
        for operator, inner in alternative.value.entries.items():
            if "not" in operator.lower() or "null" in operator.lower():
                continue
            for each in inner.alternatives:
                if not isinstance(each.value, Map):
                    continue
                unknown = unknown or each.value.rest
                for key, value in each.value.entries.items():
                    claim = key.lower().rpartition(":")[2]
                    is_bound = is_bound or claim in _BINDING
                    if claim == "sub":
                        texts, more = _texts(value)
                        found += texts
                        unknown = unknown or more
    return found, unknown, is_bound


def _texts(value: Value[Any]) -> tuple[list[tuple[str, Span]], Unknown | None]:
    found: list[tuple[str, Span]] = []
    unknown = value.unknown
    for alternative in value.alternatives:
        if isinstance(alternative.value, str):
            found.append((alternative.value, alternative.span))
        elif isinstance(alternative.value, Seq):
            unknown = unknown or alternative.value.rest
            for item in alternative.value.items:
                texts, more = _texts(item)
                found += texts
                unknown = unknown or more
    return found, unknown


def _reach(subject: str) -> str:
    """Who meets a condition on `sub`, when it is more than one repository; empty otherwise."""
    if re.fullmatch(r"\*|repo:\*.*|repo\*.*", subject):
        return "every repository on GitHub"
    match = re.fullmatch(r"repo:(?P<owner>[^/*]+)/\*(?P<rest>.*)", subject)
    if match:
        return f"every repository of {match['owner']}"
    return ""
