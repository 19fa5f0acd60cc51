"""The gate's own findings, which need the judgement of all others: waivers that are invalid or unused, a weakened configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from djaws import catalogue, judge, names, policy
from djaws.config import FileConfig
from djaws.finding import Finding, Judged, Rule
from djaws.judge import switch
from djaws.judge.waive import Waiver, Waivers

if TYPE_CHECKING:
    from djaws.analysis import Analysis
    from djaws.compare import Base
    from djaws.config import Config


class Configurations(msgspec.Struct, frozen=True):
    """The configuration of the base and that of the change: what `gate/weakened-configuration` is asked about."""

    path: str
    base: FileConfig
    change: FileConfig


def speak(
    judged: tuple[Judged, ...],
    waivers: tuple[Waiver, ...],
    base: Base,
    analysis: Analysis,
    config: Config,
) -> tuple[Judged, ...]:
    """The judged findings with the gate's own among them. Policies are loaded only when there is something to ask."""
    subjects: list[tuple[str, object]] = []
    if config.file.engines and "djaws" not in config.file.engines:
        return judged
    if waivers:
        asked = Waivers(
            waivers,
            config.day,
            complete=all(run.state in ("ran", "cached", "skipped") for run in analysis.runs),
            known=names.known_rules() | {each.rule.id for each in judged},
            unheard=_unheard(config),
            is_partial=bool(config.file.engines) or base.inside != ".",
        )
        subjects += [("gate/invalid-waiver", asked), ("gate/unused-waiver", asked)]
    if base.changes is not None and base.own != config.file:
        name = base.config.source.name if base.config.source else "djaws.toml"
        subjects.append(("gate/weakened-configuration", Configurations(name, config.file, base.own)))
    if not subjects:
        return judged
    return (*judged, *_asked(subjects, config))


def _unheard(config: Config) -> frozenset[str]:
    """The rules of engines that the configuration leaves out."""
    asked = config.file.engines
    return (
        frozenset(rule.id for rule in catalogue.rules() if rule.engine not in asked) if asked else frozenset()
    )


def _asked(subjects: list[tuple[str, object]], config: Config) -> tuple[Judged, ...]:
    loaded = {each.id: each for each in policy.load(policy.own_folder(), only=[name for name, _ in subjects])}
    rules: dict[str, Rule] = {name: each.rule for name, each in loaded.items()}
    findings = [
        msgspec.structs.replace(verdict, rule=name)
        for name, subject in subjects
        for verdict in loaded[name].ask(subject, policy.NoParams())
        if isinstance(verdict, Finding)
    ]
    return switch.switch(judge.begin(findings, lambda finding: rules[finding.rule]), config.file)
