"""Feature-flag documents that AppConfig would refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from djaws.files import Tree
from djaws.finding import Span
from djaws.model.system import System
from djaws.model.value import Map, NotPlain, Seq, plain
from djaws.policy import Verdicts, finding, policy

from .model import Document, Profile

_NAME = re.compile(r"[a-z][A-Za-z\d_-]{0,63}\Z", re.ASCII)
_FLAGS = "AWS.AppConfig.FeatureFlags"
MAX_ATTRIBUTES = 25
_NAMING = "must begin with a small letter and hold only letters, digits, - and _, at most 64"
_TYPES = ("string", "number", "boolean", "array")


@policy(
    "AppConfig refuses the feature-flag document",
    severity="medium",
    pillar="operations",
    languages=("terraform", "cloudformation"),
    advice=("A7.3",),
    source="AWS AppConfig user guide: type reference for AWS.AppConfig.FeatureFlags",
)
def invalid_appconfig_document(system: System) -> Verdicts:
    """A hosted configuration version of a feature-flag profile is not what AppConfig accepts: it is no JSON, its version is not "1",
    the key of a flag or an attribute has other characters than allowed, `values` name a flag that `flags` does not declare, `enabled`
    is no boolean, a flag has over 25 attributes or a constraint of an unknown type, or the content type is not `application/json`. Or
    the document is one of feature flags, and its profile is a freeform one.

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
    for stack in system.stacks:
        for document in stack.each(Document):
            owners = stack.resolve(document.profile)
            profiles = [Profile(owner, stack) for owner in owners if owner.type in Profile.types]
            if any(profile.kind.always(lambda kind: kind == _FLAGS) for profile in profiles):
                yield from _judged(document, system.tree)
            elif profiles and all(
                profile.kind.always(lambda kind: kind == "AWS.Freeform") for profile in profiles
            ):
                yield from _misplaced(document, profiles[0])


def _judged(document: Document, tree: Tree) -> Verdicts:
    for alternative in document.content.alternatives:
        for word, fault in _faults(_known(alternative.value)):
            yield finding(
                _place(tree, alternative.span, document.resource.block, word),
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
            guard=wrong.guard,
        )


def _place(tree: Tree, content: Span, block: Span, word: str) -> Span:
    """The last line of the resource's document that names the culprit, else where the document begins."""
    if not word or content.path != block.path or content.line is None:
        return content
    lines = tree.text(content.path).split("\n")[content.line - 1 : block.end_line]
    spoken = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
    found = [number for number, line in enumerate(lines, content.line) if spoken.search(line)]
    return Span(content.path, found[-1]) if found else content


def _misplaced(document: Document, profile: Profile) -> Verdicts:
    for alternative in document.content.alternatives:
        content = _known(alternative.value)
        if isinstance(content, dict) and {"version", "flags", "values"} == content.keys():
            yield finding(
                alternative.span,
                f"{document.subject} is a document of feature flags, and its profile is no {_FLAGS}",
                subject=document.subject,
                block=document.resource.block,
                related=[(profile.span, "its profile")],
                guard=alternative.guard,
            )


_UNKNOWN = object()


def _known(content: Any) -> Any:
    """The document as data; `_UNKNOWN` when a part of it is, None when it is no JSON."""
    if isinstance(content, Map | Seq):
        try:
            return plain(content)
        except NotPlain:
            return _UNKNOWN
    if not isinstance(content, str):
        return _UNKNOWN
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


_Fault = tuple[str, str]


def _faults(content: Any) -> Iterator[_Fault]:
    """Each fault with the word of the document that it is about."""
    if content is _UNKNOWN:
        return
    if not isinstance(content, dict):
        yield "", "it is no JSON" if content is None else "it is no JSON object"
        return
    if content.get("version") != "1":
        yield "", 'its version is not "1"'
    flags, values = _object(content.get("flags")), _object(content.get("values"))
    for name, body in flags.items():
        yield from _flag_faults(name, _object(body))
    for name, state in values.items():
        if name not in flags:
            yield name, f"values has {name!r}, which flags does not declare"
        if isinstance(state, dict) and not isinstance(state.get("enabled", False), bool):
            yield name, f"enabled of {name!r} is {state['enabled']!r}, which is neither true nor false"


def _object(data: Any) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}


def _flag_faults(name: str, body: dict[str, Any]) -> Iterator[_Fault]:
    if not _NAME.match(name):
        yield name, f"the key {name!r} {_NAMING}"
    attributes = _object(body.get("attributes"))
    if len(attributes) > MAX_ATTRIBUTES:
        yield name, f"the flag {name!r} has {len(attributes)} attributes, {MAX_ATTRIBUTES} are allowed"
    for key, attribute in attributes.items():
        if not _NAME.match(key):
            yield key, f"the attribute {key!r} of {name!r} {_NAMING}"
        kind = _object(_object(attribute).get("constraints")).get("type", "string")
        if kind not in _TYPES:
            listed = ", ".join(_TYPES)
            yield (
                key,
                f"the attribute {key!r} of {name!r} is constrained to {kind!r}, which is none of {listed}",
            )
