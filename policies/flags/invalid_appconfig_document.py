"""Feature-flag documents that AppConfig would refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from djaws.model.cloud import Stack
from djaws.model.value import Map, NotPlain, Seq, plain
from djaws.policy import Verdicts, finding, policy

from .model import Document, Profile

_NAME = re.compile(r"^[a-z][A-Za-z\d_-]{0,63}$")
_FLAGS = "AWS.AppConfig.FeatureFlags"
MAX_ATTRIBUTES = 25


@policy(
    "AppConfig refuses the feature-flag document",
    severity="medium",
    pillar="operations",
    languages=("terraform", "cloudformation"),
    advice=("A7.3",),
    source="AWS AppConfig user guide: type reference for AWS.AppConfig.FeatureFlags",
)
def invalid_appconfig_document(stack: Stack) -> Verdicts:
    """A hosted configuration version of a feature-flag profile is not what AppConfig accepts: it is no JSON, its version is not "1",
    a flag's key has other characters than allowed, `values` name a flag that `flags` does not declare, a flag has over 25
    attributes, or the content type is not `application/json`.

    Parts of the document that cannot be known are left out.

    ## Why

    The deployment fails, or worse, the flag that the code asks for is not in the document and reads as off.

    ## Fix: Terraform

        content = jsonencode({
          version = "1"
          flags   = { new-checkout = { name = "New checkout" } }
          values  = { new-checkout = { enabled = false } }
        })

    ## Fix: CloudFormation

    The same document as JSON in `Content`, with `ContentType: application/json`.
    """
    for document in stack.each(Document):
        owners = stack.resolve(document.profile)
        profiles = [Profile(owner, stack) for owner in owners if owner.type in Profile.types]
        if not any(profile.kind.always(lambda kind: kind == _FLAGS) for profile in profiles):
            continue
        for alternative in document.content.alternatives:
            for fault in _faults(alternative.value):
                yield finding(
                    alternative.span,
                    f"{document.subject}: {fault}",
                    subject=document.subject,
                    block=document.resource.block,
                    guard=alternative.guard,
                )
        for wrong in document.content_type.sometimes(
            lambda kind: kind is not None and kind != "application/json"
        ):
            yield finding(
                wrong.span,
                f"{document.subject}: the content type of feature flags is application/json, not {wrong.value}",
                subject=document.subject,
                block=document.resource.block,
            )


def _faults(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except (ValueError, RecursionError):
            yield "it is no JSON"
            return
    elif isinstance(content, Map | Seq):
        try:
            content = plain(content)
        except NotPlain:
            return
    if not isinstance(content, dict):
        yield "it is no JSON object"
        return
    if content.get("version") != "1":
        yield 'its version is not "1"'
    flags = content.get("flags") if isinstance(content.get("flags"), dict) else {}
    values = content.get("values") if isinstance(content.get("values"), dict) else {}
    for name, body in flags.items():
        yield from _flag_faults(name, body)
    for name in values:
        if name not in flags:
            yield f"values has {name!r}, which flags does not declare"


def _flag_faults(name: str, body: Any) -> Iterator[str]:
    if not _NAME.match(name):
        yield f"the key {name!r} must begin with a small letter and hold only letters, digits, - and _, at most 64"
    attributes = body.get("attributes") if isinstance(body, dict) else None
    if isinstance(attributes, dict) and len(attributes) > MAX_ATTRIBUTES:
        yield f"the flag {name!r} has {len(attributes)} attributes, {MAX_ATTRIBUTES} are allowed"
