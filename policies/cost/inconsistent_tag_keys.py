"""One tag key in several spellings."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import msgspec

from djaws.finding import Span
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy

from ._tags import fold, scheme_of, tagging


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`canonical` lists spellings that are right, whatever most of the code uses: `["Project", "CostCenter"]`."""

    canonical: tuple[str, ...] = ()


@dataclass
class _Spelling:
    """Where a spelling is written, and how many resources carry it."""

    key: str
    places: dict[Span, str] = field(default_factory=dict)
    resources: int = 0
    in_default_tags: bool = False


@policy(
    "Cost tag key in several spellings",
    severity="low",
    pillar="cost",
    languages=("terraform", "cloudformation"),
    advice=("A4.1",),
    source="AWS Billing, user-defined cost allocation tags: keys are case-sensitive",
)
def inconsistent_tag_keys(system: System, params: Params) -> Verdicts:
    """The same cost tag is spelled in several ways: `CostCenter` here, `cost-center` there.

    Spellings that differ in case and in separators only are one key. The one most resources carry is taken for right, unless
    `canonical` names another under `[tool.djaws.policies."cost/inconsistent-tag-keys"]`. `Name` and AWS's own keys are left
    alone, and so are keys that are no cost tags.

    ## Why

    To the bill they are different tags: each has to be activated, and every report shows half of the costs.

    ## Fix: Terraform

    ```hcl
    tags = { CostCenter = "4711" }
    ```

    ## Fix: CloudFormation

    ```yaml
    Tags:
      - { Key: CostCenter, Value: "4711" }
    ```
    """
    canonical = {fold(key): key for key in params.canonical}
    for folded, spellings in _spellings(system, set(canonical)).items():
        right = _right(spellings, canonical.get(folded))
        for spelling in spellings:
            if spelling.key != right.key:
                yield from _report(spelling, right)


def _spellings(system: System, canonical: set[str]) -> dict[str, list[_Spelling]]:
    scheme = scheme_of(system)
    found: dict[str, dict[str, _Spelling]] = defaultdict(dict)
    for tagged in tagging(system).resources:
        carried = set()
        for layer, key, value in tagged.entries():
            folded = fold(key)
            if key.lower().startswith("aws:") or not (scheme.is_cost_key(key) or folded in canonical):
                continue
            if value.is_absent or not value.span.path:
                continue
            spelling = found[folded].setdefault(key, _Spelling(key))
            spelling.places.setdefault(value.span, tagged.resource.address)
            spelling.in_default_tags |= layer.origin in ("default_tags", "stack")
            carried.add((folded, key))
        for folded, key in carried:
            found[folded][key].resources += 1
    return {folded: list(spellings.values()) for folded, spellings in found.items()}


def _right(spellings: list[_Spelling], canonical: str | None) -> _Spelling:
    if canonical is not None:
        return next(
            (each for each in spellings if each.key == canonical), _Spelling(canonical, {Span(""): ""})
        )
    return min(spellings, key=lambda each: (-each.resources, not each.in_default_tags, each.key))


def _report(spelling: _Spelling, right: _Spelling) -> Verdicts:
    """One finding for each file that has the spelling, at its first place there."""
    by_path: dict[str, list[Span]] = defaultdict(list)
    for span in sorted(spelling.places, key=lambda span: (span.path, span.line or 0)):
        by_path[span.path].append(span)
    elsewhere = min(right.places, key=lambda span: (span.path, span.line or 0))
    for spans in by_path.values():
        more = f" ({len(spans)} places in this file)" if len(spans) > 1 else ""
        yield finding(
            spans[0],
            f"the tag {spelling.key} is {right.key} elsewhere: the bill tells them apart{more}",
            subject=spelling.places[spans[0]],
            related=[(elsewhere, f"spelled {right.key}")] if elsewhere.path else (),
        )
