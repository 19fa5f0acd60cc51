"""`djaws test DIR`: holds a folder of policies to their examples and says where they disagree."""

from __future__ import annotations

from pathlib import Path

from djaws import examples, user_policies
from djaws.errors import DjawsError
from djaws.policy import Policy, load, modules, own_folder


def run(folder: Path, *, allow_python: bool) -> tuple[list[str], bool]:
    """A line for each example and each missing one, and whether all is well."""
    policies = _policies(folder, allow_python)
    lines: list[str] = []
    faults = 0
    for policy in policies:
        for case in examples.cases(policy):
            said = examples.disagreements(case)
            faults += len(said)
            lines.append(f"{'FAIL' if said else 'ok  '} {case.name}")
            lines += [f"       {each}" for each in said]
        absent = examples.missing(policy)
        faults += len(absent)
        lines += [f"FAIL {policy.id}: {each}" for each in absent]
    lines.append(f"{len(policies)} policies, {faults} disagreements")
    return lines, not faults


def _policies(folder: Path, allow_python: bool) -> tuple[Policy, ...]:
    if not folder.is_dir():
        raise DjawsError(f"{folder}: no such folder of policies")
    found = user_policies.load(folder)
    python = list(modules(folder))
    if python and folder.resolve() == own_folder().resolve():
        allow_python = True
    if python and not allow_python:
        raise DjawsError(
            f"{python[0][1]}: Python policies run as code; pass --allow-python-policies to load them"
        )
    found += load(folder) if python else ()
    if not found:
        raise DjawsError(f"{folder}: no policies here; they are YAML files or <topic>/<name>.py")
    return found
