"""cfn-lint in this process: one rule set for all templates, and what the project ignores kept as a waiver."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import chdir
from functools import lru_cache
from pathlib import Path
from typing import Any

import pathspec
from cfnlint.config import _DEFAULT_RULESDIR, ConfigMixIn
from cfnlint.rules import Rules
from cfnlint.runner.template import runner
from cfnlint.schema import patch

from djaws.engines import Unit
from djaws.files import real, refusal, shown
from djaws.finding import Finding, Location, Output, Span, Undecided, UnitError

logging.getLogger("cfnlint").setLevel(logging.CRITICAL)


class OpenConfig(ConfigMixIn):  # type: ignore[misc]
    """A configuration that lets every rule through and remembers what it would have ignored.

    Nothing is read from the home or the working directory, and no rule is loaded from the scanned tree.
    """

    def __init__(self, root: str, path: str, regions: list[str]) -> None:
        self.path = path
        self.given_regions = regions
        self.directives: dict[str, list[str]] = {}
        self._project_file = os.path.join(root, real(path)) if path else ""
        super().__init__([])

    def _find_config(self) -> tuple[str, str]:
        return "", self._project_file

    @property
    def ignore_checks(self) -> list[str]:
        return []

    @property
    def ignored(self) -> list[str]:
        return list(super().ignore_checks)

    @property
    def ignore_bad_template(self) -> bool:
        return False

    @property
    def ignored_bad_template(self) -> bool:
        return bool(super().ignore_bad_template)

    @property
    def regions(self) -> list[str]:
        own = self.template_args.get("regions") or self.file_args.get("regions")
        return list(super().regions) if own or not self.given_regions else self.given_regions

    @property
    def ignored_templates(self) -> list[str]:
        return [str(pattern) for pattern in self.file_args.get("ignore_templates") or ()]


def _keep_ignored(matches: Iterator[Any], cfn: Any, config: OpenConfig) -> Iterator[Any]:
    """In place of cfn-lint's filter by resource metadata: the directives are applied afterwards, as waivers."""
    try:
        config.directives = cfn.get_directives()
    except (AttributeError, TypeError):  # metadata that is no mapping: cfn-lint itself dies of it
        config.directives = {}
    yield from matches


runner._check_metadata_directives = _keep_ignored


@lru_cache(maxsize=1)
def _rules(override: str | None, custom: str | None, *regions: str) -> Rules:
    rules = Rules.create_from_directory(_DEFAULT_RULESDIR)
    if custom:
        rules.update(Rules.create_from_custom_rules_file(custom))
    if override:
        patch(override, regions)
    return rules


def run(root: str, units: tuple[Unit, ...]) -> list[Output]:
    """One output per template; a template that cannot be parsed gives cfn-lint's own E0000."""
    with chdir(root):  # cfn-lint reads a nested template only below the working directory
        return [_run(root, unit) for unit in units]


def _run(root: str, unit: Unit) -> Output:
    file = os.path.join(root, real(unit.id))
    try:
        with open(file, "rb") as stream:
            because = refusal(stream.read())
    except OSError as error:
        return Output(errors=(UnitError(unit.id, f"cannot be read: {error.strerror}"),))
    if because:
        return Output(undecided=(Undecided("cfn-lint", Span(unit.id), because),))
    config, broken = _config(root, unit)
    try:
        return Output(findings=tuple(parse(unit.id, _raw(root, unit, file, config))), undecided=broken)
    except Exception as error:  # the boundary to a library that raises what it likes on a stranger's template
        return Output(undecided=broken, errors=(UnitError(unit.id, _cause(error, root)),))


def _config(root: str, unit: Unit) -> tuple[OpenConfig, tuple[Undecided, ...]]:
    """The nearest configuration that cfn-lint accepts, else its defaults, and why it does not accept the others."""
    regions = unit.options.get("regions") or []
    broken: list[Undecided] = []
    for path in unit.options.get("configs") or ():
        try:
            return OpenConfig(root, path, regions), tuple(broken)
        except Exception as error:  # the same boundary: the file is parsed by cfn-lint's own loader
            because = f"cfn-lint does not accept this configuration: {_cause(error, root)}"
            broken.append(Undecided("cfn-lint", Span(path), because))
    return OpenConfig(root, "", regions), tuple(broken)


def _raw(root: str, unit: Unit, file: str, config: OpenConfig) -> list[dict[str, Any]]:
    overridden = config.regions if "override_spec" in unit.options else ()
    rules = _rules(_absolute(root, unit, "override_spec"), _absolute(root, unit, "custom_rules"), *overridden)
    found = list(runner.run_template_by_file_path(file, config, rules, False))
    found.sort(key=lambda match: (match.filename or "", match.linenumber, match.rule.id))
    ignored_file = _ignores_template(config, unit)
    return [_entry(root, match, _waiver(match, config, ignored_file)) for match in found]


def _entry(root: str, match: Any, waived: str | None) -> dict[str, Any]:
    """A finding in the shape of cfn-lint's own JSON, and what would have dropped it."""
    return {
        "Rule": {"Id": match.rule.id},
        "Message": _plain(match.message, root),
        "Filename": shown(os.path.relpath(match.filename, root)) if match.filename else "",
        "Location": {
            "Start": {"LineNumber": match.linenumber, "ColumnNumber": match.columnnumber},
            "End": {"LineNumber": match.linenumberend, "ColumnNumber": match.columnnumberend},
            "Path": list(getattr(match, "path", None) or ()),
        },
        "waived": waived,
    }


def parse(path: str, entries: Iterable[dict[str, Any]]) -> Iterator[Finding]:
    """Findings of one template from entries of cfn-lint's JSON, in its order."""
    for entry in entries:
        place = entry["Location"]
        at = [str(part) for part in place["Path"] or ()]
        first, last = (max(1, place[end]["LineNumber"]) for end in ("Start", "End"))
        where = entry["Filename"] if not entry["Filename"].startswith("../") else ""
        yield Finding(
            rule=entry["Rule"]["Id"],
            engine="cfn-lint",
            message=entry["Message"],
            location=Location(
                Span(where or path, first, first, max(1, place["Start"]["ColumnNumber"])),
                Span(where or path, first, max(first, last)),
            ),
            subject=at[1] if len(at) > 1 else "",
            waived=entry.get("waived"),
        )


def _waiver(match: Any, config: OpenConfig, ignored_file: bool) -> str | None:
    """Which of cfn-lint's own means would have dropped this, if any."""
    rule = match.rule
    if ignored_file:
        return "ignore_templates"
    if rule.id == "E0000" and (
        config.ignored_bad_template or "E0000".startswith(tuple(config.ignored) or "-")
    ):
        return "ignore_bad_template" if config.ignored_bad_template else "ignore_checks"
    mandatory = config.mandatory_checks
    if not rule.is_enabled(config.include_experimental, config.ignored, config.include_checks, mandatory):
        return "ignore_checks"
    resources = config.directives.get(rule.id)
    if resources and not any(rule.id.startswith(check) for check in mandatory):
        path = getattr(match, "path", None) or []
        if len(path) >= 2 and path[0] == "Resources" and path[1] in resources:
            return "cfn-lint metadata"
    return None


def _ignores_template(config: OpenConfig, unit: Unit) -> bool:
    if not config.ignored_templates:
        return False
    folder = config.path.rpartition("/")[0]
    inside = unit.id[len(folder) + 1 :] if folder else unit.id
    patterns = ["/" + pattern.removeprefix("./") for pattern in config.ignored_templates]
    return pathspec.GitIgnoreSpec.from_lines(patterns).match_file(inside)


def _absolute(root: str, unit: Unit, key: str) -> str | None:
    return os.path.join(root, real(unit.options[key])) if key in unit.options else None


def _plain(text: str, root: str) -> str:
    """A message in one line that names no directory of this machine."""
    return " ".join(text.replace(f"{Path(root).as_posix()}/", "").split())


def _cause(error: Exception, root: str) -> str:
    return f"{type(error).__name__}: {_plain(str(error), root)}"
