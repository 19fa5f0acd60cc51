"""Checkov in this process: its runners for one root or file at a time, without its configuration, plugins or network."""

from __future__ import annotations

import atexit
import json
import linecache
import logging
import os
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, NamedTuple

import yaml

from djaws.engines import Unit
from djaws.files import MAX_BYTES, is_too_deep, real, refusal, shown
from djaws.finding import Finding, Location, Output, Related, Span, Undecided, UnitError

# read by Checkov when it is imported: it would fork a pool inside every call
os.environ["CHECKOV_PARALLELIZATION_TYPE"] = "NONE"
logging.disable(logging.CRITICAL)

#: Checkov's own limit for secrets; it passes over larger files in silence.
MAX_SECRET_BYTES = 5_000_000
#: Nodes that a YAML file may have once its aliases are followed.
MAX_NODES = 200_000


#: Checks that Checkov gave up on, with the file as it names it: it only logs them.
_given_up: list[tuple[str, str, str]] = []


class Raw(NamedTuple):
    """What a runner gave: entries with the keys of Checkov's own JSON, and absolute paths.

    `unparsed` are files that it could not read, `loaded` the directories that it did, `base` what callers are relative to,
    `given_up` the check, file and cause of every check that raised.
    """

    entries: list[dict[str, Any]]
    unparsed: list[str]
    base: str
    loaded: frozenset[str] = frozenset()
    given_up: tuple[tuple[str, str, str], ...] = ()


class Failed(Exception):
    """Checkov raised, or its command ended without an answer."""


def _cause(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def run(root: str, units: tuple[Unit, ...]) -> list[Output]:
    """One output per unit, in order. A check that raises is undecided; what raises elsewhere costs the unit."""
    return [_run(root, unit) for unit in units]


def _run(root: str, unit: Unit) -> Output:
    readable, refused, errors = _sift(root, unit)
    if unit.options["framework"] == "terraform":
        output = _terraform(root, unit, readable)
    elif readable:
        output = _file(root, unit)
    else:
        output = Output()
    return Output(
        # Checkov's own order depends on what the process has run before
        findings=tuple(sorted(output.findings, key=_place)),
        undecided=(*refused, *output.undecided),
        errors=(*errors, *output.errors),
    )


def _place(finding: Finding) -> tuple[str, int, int, str, str, str]:
    block = finding.location.block or finding.location.span
    return block.path, block.line or 0, block.end_line or 0, finding.rule, finding.subject, finding.message


def _file(root: str, unit: Unit) -> Output:
    framework, path = unit.options["framework"], unit.inputs[0]
    linecache.clearcache()
    _document.cache_clear()
    try:
        raw = _run_file(framework, os.path.join(root, real(path)))
    except Failed as failed:
        return Output(errors=(UnitError(path, str(failed)),))
    return _output(framework, root, raw)


def _terraform(root: str, unit: Unit, readable: frozenset[str]) -> Output:
    """The root, then each of its modules that Checkov found no call of."""
    values = [os.path.join(root, real(path)) for path in unit.options["values"]]
    values = [value for value in values if value in readable]
    loaded: frozenset[str] = frozenset()
    outputs: list[Output] = []
    for folder in (unit.options["root"], *unit.options["modules"]):
        place = os.path.join(root, real(folder)) if folder else root
        if place in loaded:
            continue
        try:
            raw = _run_folder(place, readable, values)
        except Failed as failed:
            outputs.append(Output(errors=(UnitError(folder or ".", str(failed)),)))
            break
        outputs.append(_output("terraform", root, raw))
        loaded |= raw.loaded
    return Output(
        findings=tuple(finding for output in outputs for finding in output.findings),
        undecided=tuple(dict.fromkeys(entry for output in outputs for entry in output.undecided)),
        errors=tuple(error for output in outputs for error in output.errors),
    )


def _output(framework: str, root: str, raw: Raw) -> Output:
    unparsed = {
        Undecided("checkov", Span(_relative(path, root)), "Checkov cannot parse this file")
        for path in raw.unparsed
    }
    given_up = {Undecided(rule, Span(_relative(path, root)), because) for rule, path, because in raw.given_up}
    return Output(
        findings=tuple(parse(framework, raw.entries, root, raw.base)),
        undecided=(*sorted(unparsed), *sorted(given_up)),
    )


# --- what may be parsed


def _sift(root: str, unit: Unit) -> tuple[frozenset[str], tuple[Undecided, ...], tuple[UnitError, ...]]:
    """The absolute paths of inputs that are safe to parse, and why the others are not."""
    readable: list[str] = []
    refused: list[Undecided] = []
    errors: list[UnitError] = []
    for path in unit.inputs:
        file = os.path.join(root, real(path))
        try:
            because = _refusal(file, unit.options["framework"])
        except OSError as error:
            errors.append(UnitError(path, f"cannot be read: {error.strerror}"))
            continue
        if because:
            refused.append(Undecided("checkov", Span(path), because))
        else:
            readable.append(file)
    return frozenset(readable), tuple(refused), tuple(errors)


def _refusal(file: str, framework: str) -> str | None:
    limit = MAX_SECRET_BYTES if framework == "secrets" else MAX_BYTES
    with open(file, "rb") as stream:
        data = stream.read(limit + 1)
    # secrets are sought line by line: depth does no harm there, nor do bytes
    because = f"larger than {limit // 1000} kB" if len(data) > limit else None
    if framework != "secrets":
        because = refusal(data)
    if because is None and file.endswith((".yml", ".yaml", ".template")) and explodes(data):
        return f"its aliases expand to more than {MAX_NODES} nodes"
    return because


_ANCHORED = re.compile(rb"(?:^|[\s\[{,:-])&\w")


def explodes(data: bytes) -> bool:
    """Whether following a YAML file's aliases gives more than `MAX_NODES` nodes. Broken YAML does not."""
    if not _ANCHORED.search(data):
        return False
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = [(None, 0)]
    try:
        for event in yaml.parse(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.CollectionStartEvent):
                open_nodes.append((event.anchor, 1))
                continue
            if isinstance(event, yaml.CollectionEndEvent):
                anchor, size = open_nodes.pop()
            elif isinstance(event, yaml.ScalarEvent):
                anchor, size = event.anchor, 1
            elif isinstance(event, yaml.AliasEvent):
                anchor, size = None, sizes.get(event.anchor or "", 1)
            else:
                continue
            if anchor:
                sizes[anchor] = size
            outer, total = open_nodes.pop()
            open_nodes.append((outer, total + size))
            if total + size > MAX_NODES:
                return True
    except yaml.YAMLError:
        return False
    return False


# --- Checkov's runners


def _run_file(framework: str, file: str) -> Raw:
    make = _file_runner(framework)
    if make is None:
        return _run_command(framework, os.path.dirname(file), [file])
    _given_up.clear()
    with _Boundary():
        report = make().run(root_folder=None, files=[file], runner_filter=_filter(framework))
    given_up = tuple((rule, file, because) for rule, _, because in _given_up)
    return _raw(report, os.path.dirname(file))._replace(given_up=given_up)


def _run_folder(place: str, files: frozenset[str], values: list[str]) -> Raw:
    make = _terraform_runner()
    if make is None:
        return _run_command("terraform", place, sorted(files))
    _given_up.clear()
    with _Boundary():
        runner, parser = make(files)
        report = runner.run(root_folder=place, runner_filter=_filter("terraform", values))
    loaded = frozenset(os.path.dirname(key.file_path) for key in parser.out_definitions)
    anywhere = min((file for file in files if os.path.dirname(file) == place), default=place)
    given_up = tuple(
        (rule, os.path.normpath(os.path.join(place, at.lstrip("/"))) if at else anywhere, because)
        for rule, at, because in _given_up
    )
    return _raw(report, place, loaded | {place})._replace(given_up=given_up)


class _Boundary:
    """Where a library that raises what it likes on a stranger's file meets code that must go on."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception):
            raise Failed(_cause(error)) from error


@cache
def _prepared() -> None:
    """Changes to Checkov that leave its findings alone; where one does not fit a release, that part is as it was."""
    with suppress(ImportError, AttributeError):
        base: Any = import_module("checkov.common.checks.base_check").BaseCheck
        base.log_check_error = _note_given_up
    with suppress(ImportError, AttributeError):
        registry: Any = import_module("checkov.common.graph.checks_infra.registry").BaseRegistry
        if callable(registry.run_checks) and callable(registry.run_check_parallel):
            registry.run_checks = _run_in_order
    with suppress(ImportError, AttributeError):
        _keep_tables(import_module("bc_jsonpath_ng.parser").ply.yacc)


def _note_given_up(check: Any, scanned_file: str, **_: Any) -> None:
    _given_up.append((check.id, scanned_file, f"the check failed: {_cause(sys.exception())}"))


def _run_in_order(registry: Any, graph: Any, runner_filter: Any, report_type: str) -> dict[Any, Any]:
    """Checkov runs its graph checks in threads, keeps what they give in the order they end, and loses what they raise."""
    found: dict[Any, Any] = {}
    for check in registry.checks:
        if runner_filter.should_run_check(check, report_type=report_type):
            try:
                registry.run_check_parallel(check, found, graph)
            except Exception as error:  # as in _Boundary, but one check's failure must not cost the others
                _given_up.append((check.id, "", f"the check failed: {_cause(error)}"))
    return found


def _keep_tables(yacc: Any) -> None:
    """Checkov's JSONPath parser makes the tables of its grammar anew for every path: half the time of a template."""
    make, tables = yacc.yacc, {}

    def once(*given: Any, **named: Any) -> Any:
        key = (type(named.get("module")), named.get("start"))
        if given or not key[1]:
            return make(*given, **named)
        if key not in tables:
            tables[key] = make(**named)
        return tables[key]

    yacc.yacc = once


def _filter(framework: str, values: Sequence[str] = ()) -> Any:
    from checkov.runner_filter import RunnerFilter

    return RunnerFilter(
        framework=[framework],
        var_files=list(values) or None,
        show_progress_bar=False,
    )


@cache
def _file_runner(framework: str) -> Callable[[], Any] | None:
    """The class of Checkov's runner, None when it is no longer where it was."""
    _prepared()
    try:
        module = import_module(f"checkov.{framework}.runner")
        runner: Callable[[], Any] = _quick_secrets(module) if framework == "secrets" else module.Runner
    except (ImportError, AttributeError):
        return None
    return runner


def _quick_secrets(module: Any) -> Callable[[], Any]:
    """Checkov's secrets runner, which sets its detectors up once and not for every file, and reads a file's metadata once
    and not three times a secret: 104 files of one repository went from 79 to 30 seconds, with the same findings.
    """
    runner: Any = module.Runner
    original: Any = runner.search_for_suppression
    settings_of: Any = module._thread_safe_transient_settings
    kept: list[Any] = []

    @contextmanager
    def keep(config: dict[str, Any]) -> Iterator[Any]:
        if not kept:
            opened = settings_of(config)
            kept.append(opened.__enter__())
            atexit.register(opened.__exit__, None, None, None)
        yield kept[0]

    def search_for_suppression(*, secret: Any, **given: Any) -> Any:
        secret.resource_config = _document(secret.filename)
        return original(secret=secret, **given)

    module._thread_safe_transient_settings = keep
    runner.search_for_suppression = staticmethod(search_for_suppression)
    made: Callable[[], Any] = runner
    return made


@lru_cache(maxsize=1)
def _document(file: str) -> Any:
    """A YAML or JSON file as Checkov looks into it for its metadata; an empty mapping when there is nothing to see."""
    try:
        with open(file, encoding="utf-8") as stream:
            text = stream.read()
        if file.endswith(".json"):
            found = json.loads(text)
        elif file.endswith((".yml", ".yaml")) and not is_too_deep(text.encode()):
            found = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        else:
            found = None
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        found = None
    return found if isinstance(found, dict | list) else {}


@cache
def _terraform_runner() -> Callable[[frozenset[str]], tuple[Any, Any]] | None:
    """A maker of a runner and its parser, which sees no other files than it is given; None when the internals moved."""
    _prepared()
    try:
        tf_parser: Any = import_module("checkov.terraform.tf_parser")
        runner_class: Any = import_module("checkov.terraform.runner").Runner
        parser_class: Any = tf_parser.TFParser
        theirs = (parser_class.handle_variables, parser_class._parse_directory, tf_parser.load_tf_modules)
    except (ImportError, AttributeError):
        return None
    if not all(callable(function) for function in theirs):
        return None

    # it walks everything below the root to look for modules to download
    tf_parser.load_tf_modules = lambda *_, **__: None

    class ListedParser(parser_class):  # type: ignore[misc]
        def __init__(self, files: frozenset[str]) -> None:
            super().__init__()
            self.files = files

        def _parse_directory(self, *_: Any, **given: Any) -> None:
            super()._parse_directory(include_sub_dirs=False, vars_files=given.get("vars_files"))

        def handle_variables(self, dir_contents: list[Any], *given: Any, **named: Any) -> Any:
            listed = [entry for entry in dir_contents if entry.path in self.files]
            return super().handle_variables(listed, *given, **named)

    def make(files: frozenset[str]) -> tuple[Any, Any]:
        runner, parser = runner_class(), ListedParser(files)
        runner.parser = runner.graph_manager.parser = parser
        return runner, parser

    return make


def _raw(report: Any, base: str, loaded: frozenset[str] = frozenset()) -> Raw:
    reports = report if isinstance(report, list) else [report]
    entries = [vars(record) for one in reports for record in (*one.failed_checks, *one.skipped_checks)]
    return Raw(entries, [path for one in reports for path in one.parsing_errors], base, loaded)


# --- Checkov's command, for a release whose internals are elsewhere


def _run_command(framework: str, place: str, files: Sequence[str]) -> Raw:
    """The command on a copy of just these files: so it finds neither a configuration nor anything that was not listed."""
    base = os.path.commonpath([place, *(os.path.dirname(file) for file in files)])
    with tempfile.TemporaryDirectory() as copy:
        for file in files:
            target = os.path.join(copy, os.path.relpath(file, base))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(file, target)
        where = os.path.join(copy, os.path.relpath(place, base))
        target_of = (
            ["-d", where]
            if framework == "terraform"
            else ["-f", *(os.path.join(where, os.path.basename(f)) for f in files)]
        )
        options = ["--framework", framework, "--skip-download", "-o", "json"]
        done = subprocess.run(
            [sys.executable, "-P", "-m", "checkov.main", *target_of, *options],
            cwd=copy,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        try:
            printed = json.loads(done.stdout)
        except ValueError as error:
            last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no output"]
            raise Failed(f"its command ended with {done.returncode}: {last[0]}") from error
        return from_command(printed, os.path.realpath(copy), base, place)


def from_command(printed: Any, copy: str, base: str, place: str) -> Raw:
    """The command's JSON as the runners' own entries, its paths moved from the copy back to the tree."""
    entries: list[dict[str, Any]] = []
    unparsed: list[str] = []
    for report in printed if isinstance(printed, list) else [printed]:
        found = report.get("results", {})
        entries += [*found.get("failed_checks", ()), *found.get("skipped_checks", ())]
        unparsed += found.get("parsing_errors", ())
    moved = [entry | {"file_abs_path": _moved(entry["file_abs_path"], copy, base)} for entry in entries]
    folders = {os.path.dirname(entry["file_abs_path"]) for entry in moved}
    return Raw(moved, [_moved(path, copy, base) for path in unparsed], place, frozenset(folders | {place}))


def _moved(path: str, copy: str, base: str) -> str:
    return os.path.normpath(os.path.join(base, os.path.relpath(os.path.realpath(path), copy)))


# --- the pure part


def parse(framework: str, entries: Iterable[dict[str, Any]], root: str, base: str) -> Iterator[Finding]:
    """Findings from entries with the keys of Checkov's JSON, failed and skipped ones, in their order."""
    for entry in entries:
        path = _relative(entry["file_abs_path"], root)
        first, last = (max(1, line or 1) for line in entry["file_line_range"])
        line = first if framework == "secrets" else _shown_line(entry, first)
        yield Finding(
            rule=entry["check_id"],
            engine="checkov",
            message=_message(framework, entry),
            location=Location(Span(path, line, line), Span(path, first, max(first, last))),
            subject=_subject(framework, entry, path),
            related=tuple(_callers(entry, root, base)),
            waived=_waiver(entry["check_result"]),
        )


def _message(framework: str, entry: dict[str, Any]) -> str:
    name = " ".join(str(entry["check_name"]).split())
    return f"Possible secret: {name}" if framework == "secrets" else name


def _subject(framework: str, entry: dict[str, Any], path: str) -> str:
    """The resource's address. A secret's is a hash of it, which is left out; a Dockerfile's names the file again."""
    resource = str(entry["resource"] or "")
    if framework == "secrets":
        return ""
    if framework == "dockerfile":
        return resource.rpartition(f"{posixpath.basename(path)}.")[2]
    return resource


def _callers(entry: dict[str, Any], root: str, base: str) -> Iterator[Related]:
    if entry.get("caller_file_path") and entry.get("caller_file_line_range"):
        file = os.path.normpath(os.path.join(base, entry["caller_file_path"].lstrip("/")))
        first, last = entry["caller_file_line_range"]
        yield Related(Span(_relative(file, root), first, last), "the call of this module")


def _waiver(check_result: dict[str, Any]) -> str | None:
    if str(getattr(check_result["result"], "value", check_result["result"])) != "SKIPPED":
        return None
    reason = str(check_result.get("suppress_comment") or "").strip()
    return "" if reason == "No comment provided" else reason


def _relative(path: str, root: str) -> str:
    return shown(os.path.relpath(path, root))


# --- the one line a finding is shown on


def _shown_line(entry: dict[str, Any], first: int) -> int:
    """The line of the attribute that the check looked at, else the one that opens the block."""
    lines = [(int(number), str(text)) for number, text in entry.get("code_block") or ()]
    if not lines:
        return first
    keys = entry["check_result"].get("evaluated_keys") or ()
    return attribute_line(keys, lines) or header_line(str(entry["resource"] or ""), lines)


_INDEX = re.compile(r"^\[?(\d+)\]?$")
_HEADER = re.compile(r"^\s*(?:resource|data|module|provider)\b")


def attribute_line(keys: Iterable[Any], lines: Sequence[tuple[int, str]]) -> int | None:
    """The line of the first of Checkov's evaluated keys (`ingress/[0]/cidr_blocks`) that is written in the block."""
    for key in keys:
        line = _deepest(_steps(str(key)), lines)
        if line is not None:
            return line
    return None


def _steps(key: str) -> list[tuple[str, int]]:
    """Names with the number of the sibling that is meant. A template's own frame (`Properties`, …) says nothing."""
    parts = [part for part in key.split("/") if part]
    if parts[:1] == ["Resources"] and len(parts) > 2:
        parts = parts[2:]
    if parts[:1] == ["Properties"]:
        parts = parts[1:]
    steps: list[tuple[str, int]] = []
    for part in parts:
        index = _INDEX.match(part)
        if not index:
            steps.append((part, 0))
        elif steps:
            steps[-1] = (steps[-1][0], int(index[1]))
    return steps


def _deepest(steps: list[tuple[str, int]], lines: Sequence[tuple[int, str]]) -> int | None:
    """Each name is looked for after the one before it; the last that is there counts."""
    found: int | None = None
    start = 1
    for name, index in steps:
        written = re.compile(rf"""(?:^|[{{,])\s*(?:-\s+)?["']?{re.escape(name)}["']?\s*(?:=(?!=)|:|\{{)""")
        places = [at for at in range(start, len(lines)) if written.search(lines[at][1])]
        if not places:
            break
        at = places[min(index, len(places) - 1)]
        found, start = lines[at][0], at
    return found


def header_line(resource: str, lines: Sequence[tuple[int, str]]) -> int:
    """The line that opens a block: comments may stand before it."""
    name = re.escape(resource.rpartition(".")[2])
    named = re.compile(rf"""^\s*["']?{name}["']?\s*:""") if name else None
    for number, text in lines:
        if _HEADER.match(text) or (named and named.match(text)):
            return number
    return lines[0][0]
