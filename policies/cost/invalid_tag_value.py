"""Cost tags that are there and say nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from djaws.model.system import System
from djaws.model.value import Alternative, Guard
from djaws.policy import Verdicts, finding, policy

from ._tags import Scheme, Tagged, fold, scheme_of, tagging

_PLACEHOLDER = re.compile(
    r"(?:todo|tbd|tbc|fixme|x{3,}|change[-_ ]?me|replace[-_ ]?me|placeholder|fill[-_ ]?me(?:[-_ ]in)?"
    r"|(?:my|your)[-_ ](?:project|app|application|team|owner|service|cost[-_ ]?center)(?:[-_ ]name)?|<[^<>]*>)",
    re.IGNORECASE,
)


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`allowed` maps a tag's key to the regular expression that its whole value must match."""

    allowed: dict[str, str] = {}


@policy(
    "Cost tag with a value that means nothing",
    severity="low",
    pillar="cost",
    languages=("terraform", "cloudformation", "sam"),
    advice=("A4.1",),
    source="AWS Well-Architected Framework, COST03-BP02",
)
def invalid_tag_value(system: System, params: Params) -> Verdicts:
    """A cost tag is empty, has white space around it, is a placeholder (`TODO`, `changeme`), or is none of the allowed values.
    Told once for each file, key and value.

    Silent about values that only the deployment knows. Set the allowed values under
    `[tool.djaws.policies."cost/invalid-tag-value"]`, for example `allowed = { Environment = "production|staging" }`.

    ## Why

    The bill shows the tag as it is: `TODO` and `prod ` become rows of their own.

    ## Fix: Terraform

    ```hcl
    default_tags {
      tags = { CostCenter = "4711" }
    }
    ```

    ## Fix: CloudFormation

    Give the parameter that holds the value `AllowedValues`.

    ## Fix: SAM

    Correct the value in the `Tags` of the template's `Globals`, or in samconfig.toml.
    """
    scheme = scheme_of(system)
    patterns = {fold(key): re.compile(pattern) for key, pattern in params.allowed.items()}
    seen: set[tuple[str, str, str]] = set()
    for tagged, key, value in _written(system, scheme, patterns):
        text = str(value.value)
        fault = _fault(text, patterns.get(fold(key)))
        if fault and (value.span.path, key, text) not in seen:
            seen.add((value.span.path, key, text))
            yield finding(
                value.span,
                f"the tag {key} {fault}",
                subject=tagged.resource.address,
                guard=value.guard or Guard(),
                confidence="low" if _may_be_overridden(value, tagged) else None,
            )


def _written(
    system: System, scheme: Scheme, patterns: dict[str, re.Pattern[str]]
) -> Iterator[tuple[Tagged, str, Alternative[object]]]:
    """Every value of a cost tag that the code gives."""
    for tagged in tagging(system).resources:
        for _, key, value in tagged.entries():
            if scheme.is_cost_key(key) or fold(key) in patterns:
                for alternative in value.alternatives:
                    if alternative.value is not None and alternative.span.path:
                        yield tagged, key, alternative


def _fault(text: str, allowed: re.Pattern[str] | None) -> str:
    if not text.strip():
        return "is empty"
    if text != text.strip():
        return "has white space around its value"
    if _PLACEHOLDER.fullmatch(text):
        return f'is still the placeholder "{text}"'
    if allowed and not allowed.fullmatch(text):
        return f'is "{text}", which does not match {allowed.pattern}'
    return ""


def _may_be_overridden(value: Alternative[object], tagged: Tagged) -> bool:
    """Whether the value is a variable's or parameter's default, which a deployment usually replaces."""
    names = {reference.address for reference in value.references}
    return any(".var." in f".{name}" for name in names) or not names.isdisjoint(tagged.stack.parameters)
