"""Buckets that answer over plain HTTP."""

from __future__ import annotations

import re
from typing import Any

from djaws.model.cloud import Resource, Stack, View, references_in
from djaws.model.deployed import Deployed, deployments
from djaws.model.system import System
from djaws.model.terraform.document import document
from djaws.model.value import Map, Seq, Unknown, Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import once

_POLICIES = {"aws_s3_bucket_policy": "policy", "AWS::S3::BucketPolicy": "PolicyDocument"}


class _Bucket(View):
    types = ("aws_s3_bucket", "AWS::S3::Bucket")


@policy(
    "Bucket answers over plain HTTP, or django-storages asks so",
    severity="low",
    pillar="security",
    languages=("terraform", "cloudformation", "django"),
    advice=("A2.6",),
    source="AWS Security Hub S3.5",
)
def insecure_bucket_transport(system: System) -> Verdicts:
    """A bucket has a policy, and none of its statements denies requests without TLS (`aws:SecureTransport` is false); or it has no
    policy at all. Or the settings of django-storages switch TLS or its check off (`AWS_S3_USE_SSL`, `AWS_S3_VERIFY`,
    `AWS_S3_URL_PROTOCOL`, an `http://` endpoint).

    Undecided where the policy is not known or a module may add one. Silent for emulators.

    ## Why

    S3 answers on port 80 as well. A client that was set up wrongly sends objects and signed URLs in clear text, and nobody notices.

    ## Fix: Terraform

        condition {
          test     = "Bool"
          variable = "aws:SecureTransport"
          values   = ["false"]
        }

    ## Fix: CloudFormation

        - Effect: Deny
          Principal: "*"
          Action: s3:*
          Resource: [!GetAtt Media.Arn, !Sub "${Media.Arn}/*"]
          Condition: {Bool: {aws:SecureTransport: "false"}}

    ## Fix: Django

    Leave `AWS_S3_USE_SSL`, `AWS_S3_VERIFY` and `AWS_S3_URL_PROTOCOL` alone: their defaults are right.
    """
    for stack in system.stacks:
        for bucket in stack.each(_Bucket):
            yield from _of_bucket(bucket, stack)
    yield from once(_of_settings(system))


def _of_bucket(bucket: _Bucket, stack: Stack) -> Verdicts:
    documents = [
        each.attr(_POLICIES[each.type]) for each in stack.referrers(bucket.resource) if each.type in _POLICIES
    ]
    if bucket.resource.dialect == "terraform" and not bucket.resource.attr("policy").is_absent:
        documents.append(bucket.resource.attr("policy"))
    doubt: Unknown | None = None
    for value in documents:
        denies, unknown = _denies(value)
        if denies:
            return
        doubt = doubt or unknown
    doubt = doubt or _elsewhere(bucket.resource, stack)
    if doubt is not None:
        yield undecided(doubt.span if doubt.span.path else bucket.span, doubt.because)
        return
    yield finding(
        bucket.span,
        f"{bucket.subject} answers requests without TLS",
        subject=bucket.subject,
        block=bucket.resource.block,
    )


def _elsewhere(bucket: Resource, stack: Stack) -> Unknown | None:
    """Whether a module that is not here gets the bucket, or a policy is for a bucket that is not known."""
    for module in stack.unresolved:
        if any(reference.address == bucket.address for reference in references_in(module.arguments)):
            return Unknown(f"{module.source} gets the bucket and is not in the repository", module.span)
    for kind in _POLICIES:
        for each in stack.of_type(kind):
            target = each.attr("bucket" if each.dialect == "terraform" else "Bucket")
            if target.unknown is not None and not stack.resolve(target):
                return target.unknown
    return None


def _denies(value: Value[Any]) -> tuple[bool, Unknown | None]:
    """Whether a document denies what comes without TLS, else why it may."""
    read = document(value)
    unknown = read.unknown
    for alternative in read.alternatives:
        if isinstance(alternative.value, Map):
            listed = alternative.value.get("Statement")
            unknown = unknown or listed.unknown
            for statement in _maps(listed):
                if _is_denial(statement):
                    return True, None
            for inner in listed.alternatives:
                unknown = unknown or (inner.value.rest if isinstance(inner.value, Seq) else None)
    return False, unknown


def _maps(value: Value[Any]) -> list[Map]:
    found: list[Map] = []
    for alternative in value.alternatives:
        if isinstance(alternative.value, Map):
            found.append(alternative.value)
        elif isinstance(alternative.value, Seq):
            found += [one for item in alternative.value.items for one in _maps(item)]
    return found


def _is_denial(statement: Map) -> bool:
    effect = statement.get("Effect")
    if not effect.sometimes(lambda text: text == "Deny"):
        return False
    for condition in _maps(statement.get("Condition")):
        for operator, inner in condition.entries.items():
            for keys in _maps(inner):
                for key in keys.entries:
                    if key.lower() in ("aws:securetransport", "s3:tlsversion") and "bool" in operator.lower():
                        return True
                    if key.lower() == "s3:tlsversion":
                        return True
    return False


# --- settings

_LOCAL = re.compile(r"^http://(localhost|127\.|0\.0\.0\.0|host\.docker|[a-z0-9_-]+(:|/|$))", re.IGNORECASE)
_BAD = {
    "AWS_S3_USE_SSL": lambda data: data is False,
    "AWS_S3_VERIFY": lambda data: data is False,
    "AWS_S3_URL_PROTOCOL": lambda data: data in ("http:", "http"),
    "AWS_S3_ENDPOINT_URL": lambda data: (
        isinstance(data, str) and data.startswith("http://") and not _LOCAL.match(data)
    ),
}


def _of_settings(system: System) -> Verdicts:
    for each in deployments(system):
        if not each.is_workplace and not _is_emulated(each):
            for name, is_bad in _BAD.items():
                for alternative in each.get(name).sometimes(is_bad):
                    yield finding(
                        alternative.span,
                        f"{name} lets objects travel without TLS, or to anybody",
                        subject=name,
                        severity="medium",
                        guard=alternative.guard,
                    )


def _is_emulated(each: Deployed) -> bool:
    endpoint = each.get("AWS_S3_ENDPOINT_URL")
    return bool(endpoint.sometimes(lambda text: isinstance(text, str) and _LOCAL.match(text) is not None))
