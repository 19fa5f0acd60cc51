"""Uploads that everybody can read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from djaws.finding import Span
from djaws.model.cloud import Resource, Stack, references_in
from djaws.model.deployed import Deployed
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy

from .model import backend, is_s3, once, option, production

_PUBLIC = ("public-read", "public-read-write", "authenticated-read")


@policy(
    "Uploads are published by django-storages",
    severity="high",
    pillar="security",
    languages=("django", "terraform", "cloudformation"),
    advice=("A2.1",),
    source="django-storages: Amazon S3; AWS Security Hub S3.2",
)
def public_uploads(system: System) -> Verdicts:
    """The default storage of the production settings gives objects a public ACL (`AWS_DEFAULT_ACL`, `default_acl`, an ACL among the
    object parameters).

    Lower where the bucket of the stack refuses public ACLs: nothing is published, and uploads with the ACL fail. Silent for the
    storage of static files, which is meant to be public.

    ## Why

    Invoices and pictures of passports lie beside each other in the media bucket, and every object can be read by whoever guesses or
    finds its name, logged in or not.

    ## Fix: Django

        STORAGES = {"default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"default_acl": None}}}

    ## Fix: Terraform

        resource "aws_s3_bucket_public_access_block" "media" {
          bucket             = aws_s3_bucket.media.id
          block_public_acls  = true
          ignore_public_acls = true
        }

    ## Fix: CloudFormation

        PublicAccessBlockConfiguration: {BlockPublicAcls: true, IgnorePublicAcls: true}
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for each in production(system):
        if not backend(each, "default").always(is_s3):
            continue
        for name, value in _acls(each):
            for alternative in value.sometimes(lambda text: text in _PUBLIC):
                guarded = _refusing(each)
                yield finding(
                    alternative.span,
                    f"{name} publishes every upload ({alternative.value})"
                    if guarded is None
                    else f"{name} asks for {alternative.value}, which the bucket refuses: uploads fail",
                    subject=name,
                    severity=None if guarded is None else "medium",
                    related=[] if guarded is None else [(guarded, "public ACLs are refused here")],
                    guard=alternative.guard,
                )
                break


def _acls(each: Deployed) -> Iterator[tuple[str, Value[Any]]]:
    yield "AWS_DEFAULT_ACL", option(each, "default", "default_acl", "AWS_DEFAULT_ACL")
    parameters = option(each, "default", "object_parameters", "AWS_S3_OBJECT_PARAMETERS")
    yield "AWS_S3_OBJECT_PARAMETERS", each.inside(parameters, "ACL")


def _refusing(each: Deployed) -> Span | None:
    """Where the bucket of the storage refuses public ACLs."""
    stack = each.process.stack if each.process else None
    name = option(each, "default", "bucket_name", "AWS_STORAGE_BUCKET_NAME")
    for reference in references_in(name) if stack else ():
        bucket = stack.find(reference.address) if stack else None
        if stack and bucket is not None and bucket.type in ("aws_s3_bucket", "AWS::S3::Bucket"):
            return _block(stack, bucket)
    return None


def _block(stack: Stack, bucket: Resource) -> Span | None:
    if bucket.dialect == "cloudformation":
        value = bucket.attr("PublicAccessBlockConfiguration.BlockPublicAcls")
        return value.span if value.always(lambda data: data in (True, "true")) else None
    for each in stack.referrers(bucket):
        if each.type == "aws_s3_bucket_public_access_block":
            value = each.attr("block_public_acls")
            if value.always(lambda data: data in (True, "true")):
                return value.span
    return None
