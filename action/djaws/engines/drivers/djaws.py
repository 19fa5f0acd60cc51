"""Runs djaws' own policies over the models, inside a worker."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import gc
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from djaws import user_policies
from djaws.cache import Cache
from djaws.change import Change
from djaws.config import FileConfig
from djaws.engines import Unit
from djaws.errors import DjawsError
from djaws.files import Tree
from djaws.finding import Answer, Finding, Output, Rule, Undecided, UnitError
from djaws.model.cloud import Stack, View
from djaws.model.system import System
from djaws.policy import Measure, Policy, load, own_folder
from djaws.worker import cause


def run(root: str, units: tuple[Unit, ...]) -> list[Output]:
    """One output for each unit. The models are one large graph that lives as long as the run: collecting it is wasted time."""
    gc.disable()
    return [_run(root, unit) for unit in units]


def _run(root: str, unit: Unit) -> Output:
    config = msgspec.convert(unit.options["config"], FileConfig)
    day = datetime.date.fromisoformat(unit.options["as_of"])
    with _memory() as store:
        tree = Tree(Path(root), unit.inputs)
        if store is not None:
            tree = dataclasses.replace(tree, digester=store.digests(tree.root), remember=store.fact)
        change = msgspec.convert(unit.options["change"], Change) if "change" in unit.options else None
        return _judged(System(tree, config, day, change), unit, Path(root))


@contextlib.contextmanager
def _memory() -> Iterator[Cache | None]:
    """What the models remember between runs, by the content of each file; nothing without a cache."""
    folder = os.environ.get("DJAWS_CACHE_DIR")
    if not folder:
        yield None
        return
    with Cache(Path(folder) / "models.sqlite", reads_facts_at_once=False) as store:
        yield store


def _judged(system: System, unit: Unit, root: Path) -> Output:
    try:
        for path, because in unit.options.get("unread", {}).items():
            raise DjawsError(f"{path}: {because}")
        theirs = user_policies.parse_all(unit.options.get("yaml", {}))
    except DjawsError as error:
        own = judge_policies(load(own_folder()), system)
        return msgspec.structs.replace(own, errors=(*own.errors, UnitError("policy-folders", str(error))))
    for folder in unit.options.get("python", ()):
        theirs += load(root / folder)
    return judge_policies((*load(own_folder()), *theirs), system)


def judge_policies(policies: Iterable[Policy], system: System) -> Output:
    """All that the policies say of the system. A policy that raises is an error; the others go on."""
    findings: list[Finding] = []
    undecided: list[Undecided] = []
    answers: list[Answer] = []
    errors: list[UnitError] = []
    measures: Counter[str] = Counter()
    rules: dict[str, Rule] = {}
    for policy in policies:
        if policy.is_about_judgement:
            continue  # asked after judging, see djaws.judge.gate
        rules[policy.id] = policy.rule
        try:
            params = parameters(policy, system.config)
            for verdict in verdicts(policy, system, params):
                if isinstance(verdict, Finding):
                    findings.append(msgspec.structs.replace(verdict, rule=policy.id))
                elif isinstance(verdict, Undecided):
                    undecided.append(msgspec.structs.replace(verdict, rule=policy.id))
                elif isinstance(verdict, Measure):
                    measures[verdict.name] += verdict.amount
                else:
                    answers.append(verdict)
        except Exception as error:  # the boundary between one policy and the next
            errors.append(UnitError(policy.id, cause(error)))
    undecided += system.undecided
    used = {finding.rule for finding in findings}
    return Output(
        findings=tuple(dict.fromkeys(findings)),
        undecided=tuple(dict.fromkeys(undecided)),
        errors=tuple(errors),
        answers=tuple(answers),
        rules=tuple(rule for rule in rules.values() if rule.id in used),
        measures=dict(measures),
    )


def parameters(policy: Policy, config: FileConfig) -> msgspec.Struct:
    """The policy's parameters: its defaults laid over by `[tool.djaws.policies."<id>"]`."""
    return msgspec.convert(config.policies.get(policy.id, {}), policy.params)


def verdicts(policy: Policy, system: System, params: msgspec.Struct) -> Iterator[Any]:
    """Calls the policy for each of its subjects."""
    for subject in _subjects(policy.subject, system):
        yield from policy.ask(subject, params)


def _subjects(kind: type, system: System) -> Iterable[Any]:
    if kind is System:
        return (system,)
    if kind is Stack:
        return system.stacks
    if issubclass(kind, View):
        return system.each(kind)
    if kind.__name__ == "Project":
        return system.projects
    if kind.__name__ == "Pipeline":
        return (system.pipeline,)
    raise TypeError(f"a policy cannot be about {kind.__name__}")
