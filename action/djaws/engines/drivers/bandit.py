"""Bandit in this process: its own manager and tests, with `# nosec` kept as a waiver instead of dropped."""

from __future__ import annotations

import ast
import json
import logging
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

from bandit.core import config as bandit_config
from bandit.core import manager as bandit_manager
from bandit.core import node_visitor
from bandit.core.tester import BanditTester

from djaws.engines import Unit
from djaws.files import real, refusal
from djaws.finding import Confidence, Finding, Location, Output, Span, Undecided, UnitError

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class WaivingTester(BanditTester):  # type: ignore[misc]
    """Lets every finding through and notes on it what `# nosec` says about it, and in which scope it was found."""

    def _get_nosecs_from_contexts(self, context: dict[str, Any], test_result: Any = None) -> None:
        if test_result is not None:
            test_result.nosec = super()._get_nosecs_from_contexts(context, test_result)
            test_result.scope = qualified_name(context.get("node"))

    def report_error(self, test: str, context: Any, error: Exception) -> None:
        """A test of Bandit's that fails costs one test on one node; Bandit only logs it."""
        where = context._context
        _failures.append((where["filename"], f"{test} failed on line {where['lineno']}: {cause(error)}"))


_failures: list[tuple[str, str]] = []
node_visitor.b_tester.BanditTester = WaivingTester
logging.getLogger("bandit").setLevel(logging.CRITICAL)


def run(root: str, units: tuple[Unit, ...]) -> list[Output]:
    """One output per file, in order. What Bandit skips is listed with its reason."""
    outputs: dict[str, Output] = {}
    alike: dict[str, list[Unit]] = {}
    for unit in units:
        refused = _refusal(root, unit.id)
        if refused:
            outputs[unit.id] = refused
        else:
            alike.setdefault(json.dumps(unit.options, sort_keys=True), []).append(unit)
    for batch in alike.values():
        outputs.update(_scan(root, batch))
    return [outputs[unit.id] for unit in units]


def _refusal(root: str, path: str) -> Output | None:
    try:
        with open(os.path.join(root, real(path)), "rb") as stream:
            because = refusal(stream.read())
    except OSError as error:
        return Output(errors=(UnitError(path, f"cannot be read: {error.strerror}"),))
    return Output(undecided=(Undecided("bandit", Span(path), because),)) if because else None


def _scan(root: str, units: list[Unit]) -> dict[str, Output]:
    names = {os.path.join(root, real(unit.id)): unit.id for unit in units}
    try:
        manager = _manager(units[0].options)
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        failed = f"Bandit does not accept its configuration: {cause(error)}"
        return {unit.id: Output(errors=(UnitError(unit.id, failed),)) for unit in units}
    manager.files_list = list(names)
    _failures.clear()
    manager.run_tests()
    raw: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for item in manager.results:
        raw[item.fname].append(_raw(item))
    failures = [*manager.skipped, *_failures]
    return {path: _output(name, path, raw[name], failures) for name, path in names.items()}


def _output(name: str, path: str, raw: list[dict[str, Any]], failures: list[tuple[str, str]]) -> Output:
    """A file that is no Python is undecided; a file that Bandit itself fails on is an error."""
    reasons = [reason for failed, reason in failures if failed == name]
    return Output(
        findings=tuple(parse(path, raw)),
        undecided=tuple(
            Undecided("bandit", Span(path), reason) for reason in reasons if "syntax error" in reason
        ),
        errors=tuple(UnitError(path, reason) for reason in reasons if "syntax error" not in reason),
    )


def _manager(options: dict[str, Any]) -> Any:
    config = bandit_config.BanditConfig()
    if options:
        config._config = json.loads(json.dumps(options))
        config.validate("pyproject.toml")
        config.convert_legacy_config()
    profile = {"include": set(options.get("tests") or ()), "exclude": set(options.get("skips") or ())}
    bandit_manager.extension_loader.MANAGER.validate_profile(profile)
    return bandit_manager.BanditManager(config, "file", profile=profile)


def _raw(item: Any) -> dict[str, Any]:
    """The keys of Bandit's own JSON that are used here, and the two that the tester above adds."""
    raw: dict[str, Any] = item.as_dict(with_code=False)
    raw["nosec"] = None if item.nosec is None else sorted(item.nosec)
    raw["scope"] = item.scope
    return raw


def parse(path: str, raw: Iterable[dict[str, Any]]) -> Iterator[Finding]:
    """Findings of one file from Bandit's JSON entries, in its order."""
    for item in raw:
        lines = item["line_range"] or [item["line_number"]]
        line = max(1, item["line_number"])
        yield Finding(
            rule=item["test_id"],
            engine="bandit",
            message=_PASSWORD.sub(r"\1'***'", " ".join(item["issue_text"].split())),
            location=Location(Span(path, line, line), Span(path, max(1, lines[0]), max(1, lines[-1]))),
            subject=item.get("scope", ""),
            confidence=_CONFIDENCE.get(item["issue_confidence"]),
            waived="# nosec" if is_waived(item) else None,
        )


#: Bandit quotes the password it found.
_PASSWORD = re.compile(r"^(Possible hardcoded password: )'.+'$")
_CONFIDENCE = {"HIGH": Confidence.HIGH, "MEDIUM": Confidence.MEDIUM, "LOW": Confidence.LOW}


def is_waived(item: dict[str, Any]) -> bool:
    """Bandit's own meaning: a bare `# nosec` waives all, one with known ids only those."""
    nosec = item.get("nosec")
    return nosec is not None and (not nosec or item["test_id"] in nosec)


def qualified_name(node: Any) -> str:
    """`Class.method` around a node, by the parent links Bandit leaves on the tree; empty at module level."""
    names: list[str] = []
    while node is not None:
        if isinstance(node, _SCOPES):
            names.append(node.name)
        node = getattr(node, "_bandit_parent", None)
    return ".".join(reversed(names))


def cause(error: BaseException) -> str:
    """An exception in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
