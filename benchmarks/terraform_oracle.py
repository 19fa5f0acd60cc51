"""Compares the Terraform model with tfparse (a Go evaluator): wherever both are definite, they must agree.

    python benchmarks/terraform_oracle.py PATH...

Prints each disagreement that `EXPLAINED` does not explain, and how many attributes were compared. Exit code 1 when any is left.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tfparse

from djaws.files import discover
from djaws.model.cloud import Resource, Stack
from djaws.model.terraform import load
from djaws.model.value import Map, Seq, Value

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MARKS = ("__attribute__", "__unresolved__", "__name__")
_NOT_ARGUMENTS = {
    "id",
    "__tfmeta",
    "count",
    "for_each",
    "provider",
    "depends_on",
    "lifecycle",
    "provisioner",
    "connection",
}


@dataclass(frozen=True)
class Disagreement:
    """One attribute of one resource that both are sure of and see differently."""

    path: str
    line: int | None
    address: str
    attribute: str
    ours: Any
    theirs: Any

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.address} {self.attribute}\n    ours   {_short(self.ours)}\n    tfparse {_short(self.theirs)}"


@dataclass(frozen=True)
class Explained:
    """A disagreement in which tfparse is known to be wrong, or to mean something else."""

    because: str
    applies: Any


MISSING = "(no such key)"

#: Each entry says why, and when it applies.
EXPLAINED: tuple[Explained, ...] = (
    Explained(
        "tfparse writes null for what it cannot evaluate (a template file, a name out of an unknown list)",
        lambda found: found.theirs is None and found.ours is not None,
    ),
    Explained(
        "tfparse drops entries of a merge() or for expression of which another part is unknown",
        lambda found: found.theirs == MISSING,
    ),
)


def _short(data: Any) -> str:
    text = data if isinstance(data, str) else json.dumps(data, default=str)
    return text if len(text) < 300 else text[:300] + "…"


def is_definite(data: Any) -> bool:
    """Whether tfparse knows all of this: it puts random ids and marked objects where it does not."""
    if isinstance(data, str):
        return not _UUID.search(data) and not any(mark in data for mark in _MARKS)
    if isinstance(data, dict):
        return not any(mark in data for mark in _MARKS) and all(map(is_definite, data.values()))
    if isinstance(data, list):
        return all(map(is_definite, data))
    return True


class Comparison:
    """Walks one attribute of both answers."""

    def __init__(self) -> None:
        self.compared = 0
        self.found: list[tuple[str, Any, Any]] = []

    def value(self, ours: Value[Any], theirs: Any, at: str) -> None:
        if ours.unknown is not None or not ours.alternatives:
            return
        if len(ours.alternatives) == 1:
            self.data(ours.alternatives[0].value, theirs, at)
            return
        if not is_definite(theirs):
            return
        self.compared += 1
        for alternative in ours.alternatives:
            attempt = Comparison()
            attempt.data(alternative.value, theirs, at)
            if not attempt.found:
                return
        self.found.append((at, [plain(alternative.value) for alternative in ours.alternatives], theirs))

    def data(self, ours: Any, theirs: Any, at: str) -> None:
        if isinstance(ours, Map) and isinstance(theirs, list) and len(theirs) == 1:
            theirs = theirs[0]
        if isinstance(ours, Seq) and isinstance(theirs, dict) and not any(mark in theirs for mark in _MARKS):
            theirs = [theirs]
        if isinstance(ours, Map) and isinstance(theirs, dict):
            self.mapping(ours, theirs, at)
        elif isinstance(ours, Seq) and isinstance(theirs, list):
            self.sequence(ours, theirs, at)
        elif is_definite(theirs):
            self.compared += 1
            if not same(ours, theirs):
                self.found.append((at, plain(ours), theirs))

    def mapping(self, ours: Map, theirs: dict[str, Any], at: str) -> None:
        if any(mark in theirs for mark in _MARKS):
            return
        for key, entry in ours.entries.items():
            if key in _NOT_ARGUMENTS:
                continue
            if key in theirs:
                self.value(entry, theirs[key], f"{at}.{key}")
            elif entry.unknown is None and not entry.is_absent and "__tfmeta" not in theirs:
                self.found.append((f"{at}.{key}", plain(entry), MISSING))
        if ours.rest is None and "__tfmeta" not in theirs:
            for key in theirs.keys() - ours.entries.keys() - _NOT_ARGUMENTS:
                if is_definite(theirs[key]) and theirs[key] is not None:
                    self.found.append((f"{at}.{key}", MISSING, theirs[key]))

    def sequence(self, ours: Seq, theirs: list[Any], at: str) -> None:
        if ours.rest is not None or (not is_definite(theirs) and len(theirs) != len(ours.items)):
            return
        if len(theirs) != len(ours.items):
            self.compared += 1
            self.found.append((at, plain(ours), theirs))
            return
        for index, (item, other) in enumerate(zip(ours.items, theirs, strict=True)):
            self.value(item, other, f"{at}[{index}]")


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return ours == theirs
    return bool(ours == theirs)


def plain(data: Any) -> Any:
    """For printing."""
    if isinstance(data, Value):
        if data.unknown is not None:
            return f"? {data.unknown.because}"
        return (
            plain(data.alternatives[0].value)
            if len(data.alternatives) == 1
            else list(map(plain, (a.value for a in data.alternatives)))
        )
    if isinstance(data, Map):
        return {key: plain(entry) for key, entry in data.entries.items()}
    if isinstance(data, Seq):
        return [plain(item) for item in data.items]
    return data


def compare(root: Path) -> tuple[list[Disagreement], Counter[str]]:
    """All disagreements in the roots below `root`, and counts of what was compared."""
    tree = discover(root)
    stacks, _ = load(tree)
    found: list[Disagreement] = []
    counts: Counter[str] = Counter()
    for stack in stacks:
        found += compare_stack(tree.root, stack, counts)
    return found, counts


def compare_stack(root: Path, stack: Stack, counts: Counter[str]) -> Iterator[Disagreement]:
    theirs = {}
    parsed = tfparse.load_from_path(str(root / stack.path), allow_downloads=False)
    for items in parsed.values():
        for item in items if isinstance(items, list) else ():
            meta = item.get("__tfmeta", {})
            if meta.get("type") in ("resource", "data"):
                theirs[
                    (
                        "data."
                        if meta["type"] == "data" and not meta["path"].rpartition("module.")[2].count("data.")
                        else "",
                        meta["path"],
                    )
                ] = item
    by_path = {path: item for (_, path), item in theirs.items()}
    for resource in stack.resources:
        other = by_path.pop(resource.address, None)
        if other is None:
            counts["resources only ours"] += 1
            continue
        counts["resources in both"] += 1
        yield from compare_resource(resource, other, counts)
    counts["resources only tfparse's"] += len(by_path)
    for path in by_path:
        print(f"  only tfparse's: {path}") if "-v" in sys.argv else None


def compare_resource(
    resource: Resource, theirs: dict[str, Any], counts: Counter[str]
) -> Iterator[Disagreement]:
    for name, value in resource.body.entries.items():
        if name not in theirs:
            if value.unknown is None and not value.is_absent:
                counts["attributes tfparse lacks"] += 1
            continue
        comparison = Comparison()
        comparison.value(value, theirs[name], name)
        counts["values compared"] += comparison.compared
        for at, ours, other in comparison.found:
            yield Disagreement(value.span.path, value.span.line, resource.address, at, ours, other)


def reason(found: Disagreement) -> str | None:
    return next((entry.because for entry in EXPLAINED if entry.applies(found)), None)


def main(paths: list[str]) -> int:
    left = 0
    for path in paths:
        found, counts = compare(Path(path))
        reasons = Counter(reason(each) for each in found)
        print(f"{path}: {dict(counts)}")
        for because, number in reasons.items():
            print(f"  {number} × {because}") if because else None
        for each in found:
            if reason(each) is None:
                left += 1
                print(f"  {each}")
    print(f"{left} unexplained")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main([argument for argument in sys.argv[1:] if not argument.startswith("-")]))
