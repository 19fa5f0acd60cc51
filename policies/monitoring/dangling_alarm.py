"""Alarms that look at nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from djaws.finding import Finding, Span
from djaws.model.cloud import Resource, Stack
from djaws.model.system import System
from djaws.model.value import Alternative
from djaws.policy import Verdicts, finding, policy, undecided

from ._alarms import Dimension, Sight, sights
from ._dimensions import ATTRIBUTES, DIMENSIONS, NAMED, Named
from .model import Alarm, is_chosen_elsewhere, once, texts


@policy(
    "Alarm on something that does not exist",
    severity="low",
    confidence="medium",
    pillar="operations",
    languages=("terraform", "cloudformation"),
    advice=("A6.1",),
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html",
)
def dangling_alarm(system: System) -> Verdicts:
    """An alarm's dimension names nothing: a queue, function, table, database or the like of a name that no resource has, although
    the same stack declares others of its kind; an attribute that is not what CloudWatch calls the resource (the ARN of a load
    balancer instead of its suffix, the URL of a queue instead of its name); a dimension in the wrong case.

    Names that a parameter gives, and those that a module which is not here may use, are left alone.

    ## Why

    Such an alarm never gets data and never rings. It looks like any other in the list.

    ## Fix: Terraform

    ```hcl
    dimensions = { LoadBalancer = aws_lb.web.arn_suffix }
    ```

    ## Fix: CloudFormation

    ```yaml
    Dimensions: [{Name: LoadBalancer, Value: !GetAtt Balancer.LoadBalancerFullName}]
    ```
    """
    names = _declared_names(system)
    yield from once(verdict for alarm in system.each(Alarm) for verdict in _judged(alarm, system, names))


def _declared_names(system: System) -> dict[str, frozenset[str]]:
    """The names that are declared or looked up anywhere in the repository, by dimension."""
    found: dict[str, set[str]] = {}
    named_by = _types()
    for stack in system.stacks:
        for resource in stack.resources:
            for dimension, attribute in named_by.get(resource.type, ()):
                found.setdefault(dimension, set()).update(texts(resource.attr(attribute)))
    return {dimension: frozenset(names) for dimension, names in found.items()}


def _types() -> dict[str, list[tuple[str, str]]]:
    """For each type the dimensions that are its name, with the attribute that holds it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for dimension, named in NAMED.items():
        for type_, attribute in named.types.items():
            found.setdefault(type_, []).append((dimension, attribute))
    return found


def _judged(alarm: Alarm, system: System, names: dict[str, frozenset[str]]) -> Verdicts:
    for sight in sights(alarm):
        for dimension in sight.dimensions:
            key = dimension.name.only(None)
            if isinstance(key, str):
                yield from _of_dimension(sight, key, dimension, system, names)


def _of_dimension(
    sight: Sight, key: str, dimension: Dimension, system: System, names: dict[str, frozenset[str]]
) -> Verdicts:
    known = next((DIMENSIONS[name] for name in texts(sight.namespace) if name in DIMENSIONS), None)
    right = next(
        (each for each in known or () if each.lower() == key.lower() and key not in (known or ())), None
    )
    if right:
        yield _told(sight, dimension, f"has the dimension {key}, which CloudWatch calls {right}")
        return
    wrong = _wrong_attribute(sight, key, dimension, system)
    if wrong:
        yield _told(sight, dimension, wrong)
        return
    named = NAMED.get(key)
    if named and texts(sight.namespace) & named.namespaces:
        yield from _of_name(sight, key, named, dimension, names)


def _told(sight: Sight, dimension: Dimension, says: str) -> Finding:
    alarm = sight.alarm
    return finding(
        dimension.value.span, f"{alarm.subject} {says}", subject=alarm.subject, block=alarm.resource.block
    )


# --- attributes that are no name


def _wrong_attribute(sight: Sight, key: str, dimension: Dimension, system: System) -> str:
    """What is wrong with the attribute that the dimension takes, when it takes exactly one of one resource."""
    stack, value = sight.stack, dimension.value
    for reference in value.references:
        target = stack.find(reference.address)
        rule = ATTRIBUTES.get((key, target.type)) if target else None
        if target is None or rule is None or reference.attribute not in rule.wrong:
            continue
        if _is_taken_as_it_is(sight, dimension, target, system):
            taken = (
                f"{target.address}.{reference.attribute}"
                if reference.attribute
                else f"the Ref of {target.address}"
            )
            return f"takes {taken} for its {key}, which is {rule.right}"
    return ""


def _is_taken_as_it_is(sight: Sight, dimension: Dimension, target: Resource, system: System) -> bool:
    """Whether the expression is the bare attribute: no function has cut the name out of it, nothing is around it."""
    value = dimension.value
    if value.alternatives:
        return False
    block, span = sight.alarm.resource.block, value.span
    if value.unknown is None or any(value.unknown.parts) or span.line is None or span.path != block.path:
        return False
    if not (block.line or 0) <= span.line <= (block.end_line or span.line):
        return False
    lines = system.tree.text(span.path).split("\n")[span.line - 1 : span.line + 3]
    start = (span.column or 1) - 1
    if target.dialect == "terraform":
        return bool(_BARE_BEFORE.search(lines[0][:start]) and _BARE_AFTER.match(lines[0][start:]))
    return bool(_BARE_VALUE.match("\n".join(lines)[start:]))


_BARE_BEFORE = re.compile(r"[=:]\s*(?:\"\$\{\s*)?$")
_BARE_AFTER = re.compile(r"[\w.\[\]\"-]+?\s*(?:\}\")?\s*(?:[,}\])#]|//|$)")
_BARE_VALUE = re.compile(
    r"[\"']?Value[\"']?\s*:\s*(?:!Ref\s|!GetAtt\s|\{?\s*[\"']?(?:Ref|Fn::GetAtt)[\"']?\s*:)"
)


# --- names that nothing has


def _of_name(
    sight: Sight, key: str, named: Named, dimension: Dimension, names: dict[str, frozenset[str]]
) -> Verdicts:
    stack, value = sight.stack, dimension.value
    if value.unknown or len(value.alternatives) != 1 or is_chosen_elsewhere(value, stack):
        return
    only: Alternative[object] = value.alternatives[0]
    if not isinstance(only.value, str) or only.value in names.get(key, ()) or stack.resolve(value):
        return
    declared = list(_of_kind(stack, named))
    if not declared:
        return
    doubt = _doubt(stack, declared, only.value)
    if doubt:
        yield undecided(only.span, doubt[1])
        return
    yield finding(
        only.span,
        f"{sight.alarm.subject} watches {only.value!r}, and no {named.what} has that name",
        subject=sight.alarm.subject,
        block=sight.alarm.resource.block,
        related=[(resource.span, f"a {named.what} of this stack") for resource, _ in declared[:3]],
    )


def _of_kind(stack: Stack, named: Named) -> Iterator[tuple[Resource, str]]:
    for type_, attribute in named.types.items():
        for resource in stack.of_type(type_):
            yield resource, attribute


def _doubt(stack: Stack, declared: list[tuple[Resource, str]], name: str) -> tuple[Span, str] | None:
    """A resource whose name is not known and could be this one, or a module out of sight."""
    for resource, attribute in declared:
        unknown = resource.attr(attribute).unknown
        if unknown and not _excludes(unknown.parts, name):
            return unknown.span, f"{resource.address} may have that name: {unknown.because}"
        prefix = resource.attr(f"{attribute}_prefix") if stack.dialect == "terraform" else None
        if prefix is not None and any(name.startswith(text) for text in texts(prefix)):
            return resource.span, f"the name of {resource.address} begins like that"
    for unresolved in stack.unresolved:
        return unresolved.span, f"{unresolved.source} may have one of that name"
    return None


def _excludes(parts: tuple[str | None, ...], name: str) -> bool:
    """Whether a text of these parts certainly is not the name."""
    if not parts:
        return False
    first, last = parts[0], parts[-1]
    return (first is not None and not name.startswith(first)) or (
        last is not None and not name.endswith(last)
    )
