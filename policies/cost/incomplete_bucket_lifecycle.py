"""Versioned buckets that never forget anything."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from djaws.finding import Span
from djaws.model.cloud import Resource, Stack, members
from djaws.model.system import System
from djaws.model.value import Guard, Map, Unknown, Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import Bucket, Links, is_terraform, once


@policy(
    "Versioned bucket that keeps old versions or broken uploads for ever",
    severity="low",
    pillar="cost",
    languages=("terraform", "cloudformation"),
    advice=("A4.2",),
    source="AWS Security Hub S3.13",
)
def incomplete_bucket_lifecycle(system: System) -> Verdicts:
    """A bucket keeps versions, and no lifecycle rule ends old versions, or none clears up uploads that broke off.

    Asked of versioned buckets only; those with object lock are left alone, for keeping is their purpose. A rule counts
    whatever its filter, but for one that only moves old versions to other storage. In Terraform the versioning and the rules may
    be resources of their own.

    ## Why

    A deleted object stays as an old version, and the parts of an upload that broke off are not even listed. Both are billed
    every month for ever.

    ## Fix: Terraform

    ```hcl
    resource "aws_s3_bucket_lifecycle_configuration" "media" {
      bucket = aws_s3_bucket.media.id

      rule {
        id     = "clear-up"
        status = "Enabled"
        filter {}
        noncurrent_version_expiration { noncurrent_days = 30 }
        abort_incomplete_multipart_upload { days_after_initiation = 7 }
      }
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    LifecycleConfiguration:
      Rules:
        - Status: Enabled
          NoncurrentVersionExpiration: { NoncurrentDays: 30 }
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 }
    ```
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for stack in system.stacks:
        parts = _Parts(stack)
        for bucket in stack.each(Bucket):
            kept = _terraform(bucket, parts) if is_terraform(bucket.resource) else _cloudformation(bucket)
            yield from _judged(bucket, kept)


@dataclass
class _Kept:
    """What is known of how a bucket keeps objects."""

    versioned: Value[bool]
    is_locked: bool = False
    rules: list[Map] = field(default_factory=list)
    unknown: Unknown | None = None
    old_versions: Collection[str] = ()
    broken_uploads: Collection[str] = ()


class _Parts:
    """The resources that Terraform splits a bucket into."""

    def __init__(self, stack: Stack) -> None:
        self.versioning = Links(stack, "aws_s3_bucket_versioning", "bucket")
        self.locks = Links(stack, "aws_s3_bucket_object_lock_configuration", "bucket")
        self.rules = Links(stack, "aws_s3_bucket_lifecycle_configuration", "bucket")


def _terraform(bucket: Bucket, parts: _Parts) -> _Kept:
    resource = bucket.resource
    versions, perhaps = parts.versioning.of(resource, "bucket")
    values = [
        each.attr("versioning_configuration.status").map(lambda text: text == "Enabled") for each in versions
    ]
    values += [resource.attr("versioning.enabled").map(_is_true)] if not versions else []
    locks, _ = parts.locks.of(resource, "bucket")
    kept = _Kept(
        Value.either(*values),
        bool(locks) or _may_be_set(resource, "object_lock_enabled", "object_lock_configuration"),
        old_versions=("noncurrent_version_expiration",),
        broken_uploads=("abort_incomplete_multipart_upload", "abort_incomplete_multipart_upload_days"),
    )
    rules, maybe = parts.rules.of(resource, "bucket")
    if perhaps and not versions:
        kept.versioned = Value.not_known(f"{perhaps.address} may be of this bucket", perhaps.span)
    if maybe and not rules:
        kept.unknown = Unknown(f"{maybe.address} may be of this bucket", maybe.span)
    for each, name in (*((rule, "rule") for rule in rules), (resource, "lifecycle_rule")):
        _add_rules(kept, each.attr(name), _is_on_terraform)
        kept.unknown = kept.unknown or each.uncertain
    return kept


def _cloudformation(bucket: Bucket) -> _Kept:
    resource = bucket.resource
    kept = _Kept(
        resource.attr("VersioningConfiguration.Status").map(lambda text: text == "Enabled"),
        _may_be_set(resource, "ObjectLockEnabled", "ObjectLockConfiguration"),
        old_versions=("NoncurrentVersionExpiration", "NoncurrentVersionExpirationInDays"),
        broken_uploads=("AbortIncompleteMultipartUpload",),
    )
    _add_rules(kept, resource.attr("LifecycleConfiguration.Rules"), _is_on_cloudformation)
    return kept


def _add_rules(kept: _Kept, value: Value[Any], is_on: Callable[[Map], bool]) -> None:
    found, unknown = members(value)
    kept.rules += [rule for rule in found if is_on(rule)]
    kept.unknown = kept.unknown or unknown


def _is_on_terraform(rule: Map) -> bool:
    return not rule.get("status").always(lambda text: text == "Disabled") and not rule.get("enabled").always(
        lambda data: str(data).lower() == "false"
    )


def _is_on_cloudformation(rule: Map) -> bool:
    return not rule.get("Status").always(lambda text: text == "Disabled")


def _is_true(data: object) -> bool:
    return str(data).lower() == "true"


def _may_be_set(resource: Resource, *names: str) -> bool:
    return any(
        not resource.attr(name).always(lambda data: data is None or str(data).lower() == "false")
        for name in names
    )


def _judged(bucket: Bucket, kept: _Kept) -> Verdicts:
    on = kept.versioned.sometimes(bool)
    if kept.is_locked:
        return
    if not on:
        if kept.versioned.unknown and not _ends(kept):
            yield undecided(kept.versioned.unknown.span, kept.versioned.unknown.because)
        return
    missing = _missing(kept)
    if not missing:
        return
    if kept.unknown:
        yield undecided(kept.unknown.span, kept.unknown.because)
        return
    yield from _finding(bucket, missing, on[0].span, on[0].guard)


def _ends(kept: _Kept) -> bool:
    return not _missing(kept)


def _missing(kept: _Kept) -> list[str]:
    """What no rule does, in words."""
    words = []
    if not _some(kept, kept.old_versions):
        words.append("ends old versions")
    if not _some(kept, kept.broken_uploads):
        words.append("clears up uploads that broke off")
    return words


def _some(kept: _Kept, names: Collection[str]) -> bool:
    return any(not rule.get(name).is_absent for rule in kept.rules for name in names)


def _finding(bucket: Bucket, missing: list[str], versioned_at: Span, guard: Guard) -> Verdicts:
    related = [(versioned_at, "versioning is on")] if versioned_at != bucket.span else []
    yield finding(
        bucket.span,
        f"{bucket.subject} keeps versions, and no lifecycle rule {' or '.join(missing)}",
        subject=bucket.subject,
        block=bucket.resource.block,
        related=related,
        guard=guard,
    )
