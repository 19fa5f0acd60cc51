"""Every place that says a flag exists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import yaml

from djaws.errors import Refused
from djaws.files import Tree, is_test
from djaws.finding import Span
from djaws.model.cloud import Resource, Stack, descend
from djaws.model.code import Assignment, Call, CodeFacts, Operand
from djaws.model.flags.names import Names
from djaws.model.flags.types import Declaration, Source
from djaws.model.value import Map, NotPlain, Seq, Value, plain

# --- django-flags' FLAGS setting


def in_setting(value: Value[Any] | None) -> Iterator[Declaration]:
    """The keys of `FLAGS`, with the state or the end date that their conditions fix."""
    for alternative in value.alternatives if value else ():
        if isinstance(alternative.value, Map):
            for name, conditions in alternative.value.entries.items():
                state, expires = _conditions(conditions)
                yield Declaration(
                    name, conditions.span, "setting", "django-flags", state=state, expires=expires
                )


def _conditions(value: Value[Any]) -> tuple[str, str]:
    try:
        listed = plain(value)
    except NotPlain:
        return "", ""
    pairs = [_condition(each) for each in listed] if isinstance(listed, list) else []
    if len(pairs) == 1 and pairs[0][0] == "boolean":
        return ("on" if str(pairs[0][1]).lower() in ("true", "1", "t") else "off"), ""
    return "", _end(pairs)


def _end(conditions: list[tuple[str, Any, bool]]) -> str:
    """The day after which no condition can hold: one that is required has ended, or each of them is an end."""
    ends = [str(given)[:10] for kind, given, _ in conditions if kind == "before date"]
    required = [
        str(given)[:10] for kind, given, is_required in conditions if kind == "before date" and is_required
    ]
    if required:
        return min(required)
    return max(ends) if ends and len(ends) == len(conditions) else ""


def _condition(each: Any) -> tuple[str, Any, bool]:
    """Kind, value, and whether every required condition must hold besides."""
    if isinstance(each, dict):
        return str(each.get("condition", "")), each.get("value"), each.get("required") is True
    if isinstance(each, list) and len(each) >= 2:
        return str(each[0]), each[1], len(each) > 2 and each[2] is True
    return "", None, False


# --- waffle rows made in code

_ROW = re.compile(
    r"(?:get_waffle_(?P<model>flag|switch|sample)_model\(\)|(?:waffle\.models\.|get_model\(waffle\.)(?P<name>Flag|Switch|Sample)\)?)"
    r"(?:\.objects(?:\.using\(\))?\.(?:create|get_or_create|update_or_create|acreate|aget_or_create))?\Z"
)
_QUERY = re.compile(r"get_model\(waffle\.(Flag|Switch|Sample)\)\.objects\.(filter|get)\Z")


def in_rows(names: Names) -> Iterator[Declaration]:
    """`Flag.objects.get_or_create(name="x")` and the like; rows that a later migration deletes are left out."""
    migrations = [facts for facts in tuple(names.files.values()) if facts.is_migration]
    deleted = {name for facts in migrations for name in _deleted(facts)}
    changed = {name for facts in migrations for name in _looked_up(facts)}
    for facts in tuple(names.files.values()):
        for call in facts.calls:
            found = _ROW.search(call.callee)
            if found:
                backend = f"waffle.{(found['model'] or found['name']).lower()}"
                if not (facts.is_migration and call.scope in _backwards(facts)):
                    yield from _row(names, facts, call, backend, deleted, changed)
            elif call.callee == "django.core.management.call_command":
                yield from _called(facts, call)


def _row(
    names: Names, facts: CodeFacts, call: Call, backend: str, deleted: set[str], changed: set[str]
) -> Iterator[Declaration]:
    operand = call.argument(None, "name")
    if operand is None:
        return
    texts = (
        operand.texts
        if operand.kind == "text"
        else names.texts(operand.text)
        if operand.kind == "name"
        else ()
    )
    source: Source = "migration" if facts.is_migration else "code"
    for text in texts:
        if not (facts.is_migration and text in deleted):
            state = "" if text in changed else _row_state(call)
            yield Declaration(
                text, facts.span(call.line), source, backend, state=state, is_test=facts.is_test
            )


def _row_state(call: Call) -> str:
    """On or off when the row says so for everyone; a row can still be changed in the admin."""
    fixed = {key: operand.text for key, operand in call.keywords.items() if operand.kind == "constant"}
    fixed |= {key[len("defaults[") : -1]: text for key, text in fixed.items() if key.startswith("defaults[")}
    given = fixed.get("everyone", fixed.get("active", ""))
    if fixed.get("percent") in ("100", "100.0"):
        return "on"
    return {"True": "on", "False": "off"}.get(given, "")


def _deleted(facts: CodeFacts) -> Iterator[str]:
    """Names of rows that a migration looks up in order to delete them; its way back does not count."""
    backwards = _backwards(facts)
    if any(call.callee.endswith(".delete") and call.scope not in backwards for call in facts.calls):
        yield from _looked_up(facts)


def _looked_up(facts: CodeFacts) -> Iterator[str]:
    """Names of rows that a migration looks up: it may change them."""
    backwards = _backwards(facts)
    for call in facts.calls:
        name: Operand | None = call.argument(None, "name", "name__in")
        if name and _QUERY.search(call.callee) and call.scope not in backwards:
            yield from name.texts


def _backwards(facts: CodeFacts) -> frozenset[str]:
    """The functions that a migration runs only when it is undone."""
    runs = list(facts.calls_to("django.db.migrations.RunPython"))
    forward = {operand.text for call in runs if (operand := call.argument(0, "code"))}
    back = {operand.text for call in runs if (operand := call.argument(1, "reverse_code"))}
    return frozenset(name.removeprefix(f"{facts.module}.") for name in back - forward)


def _called(facts: CodeFacts, call: Call) -> Iterator[Declaration]:
    texts = [operand.text for operand in call.arguments if operand.kind == "text"]
    if (
        len(texts) > 1
        and texts[0].startswith("waffle_")
        and ("--create" in texts or "create" in call.keywords)
    ):
        yield Declaration(
            texts[1], facts.span(call.line), "command", texts[0].replace("_", ".", 1), is_test=facts.is_test
        )


# --- fixtures and commands

_FIXTURE = re.compile(rb"waffle\.(flag|switch|sample)", re.IGNORECASE)
_COMMAND = re.compile(r"""\bwaffle_(flag|switch|sample)\b((?:[ \t]+[^\s;&|]+)*)""")
_SCRIPT_FILES = re.compile(
    r"(\.(sh|bash|ya?ml|toml|mk|tf|tpl|ps1|conf)|(^|/)(Makefile|Dockerfile[^/]*|Procfile|justfile|Taskfile[^/]*|Vagrantfile))$"
)


def in_fixtures(tree: Tree) -> Iterator[Declaration]:
    """Fixtures in JSON or YAML that hold rows of waffle's models."""
    for path in tree.with_suffix(".json", ".yaml", ".yml"):
        if "fixture" not in path and "/initial_data" not in path and "seed" not in path:
            continue
        try:
            data = tree.read(path)
        except Refused:
            continue
        if _FIXTURE.search(data):
            yield from _fixture(path, data.decode("utf-8-sig", "replace"))


def _fixture(path: str, text: str) -> Iterator[Declaration]:
    try:
        rows = json.loads(text) if path.endswith(".json") else _yaml_rows(text)
    except (ValueError, RecursionError, yaml.YAMLError):
        return
    position = 0
    for row in rows if isinstance(rows, list) else ():
        model = str(row.get("model", "")).lower() if isinstance(row, dict) else ""
        fields = row.get("fields") if model.startswith("waffle.") else None
        if isinstance(fields, dict) and isinstance(fields.get("name"), str):
            found = re.compile(rf"""["']?name["']?\s*:\s*["']?{re.escape(fields["name"])}""").search(
                text, position
            )
            position = found.start() if found else position
            span = Span(path, text.count("\n", 0, position) + 1)
            yield Declaration(
                fields["name"], span, "fixture", model, state=_fixture_state(fields), is_test=is_test(path)
            )


def _yaml_rows(text: str) -> list[dict[str, Any]]:
    """The rows with their scalar fields: two levels are looked at, so that no alias is unfolded."""
    node = yaml.compose(text, yaml.CSafeLoader)
    if not isinstance(node, yaml.SequenceNode):
        return []
    rows = []
    for item in node.value:
        parts = dict(_scalars(item))
        for key, value in item.value if isinstance(item, yaml.MappingNode) else ():
            if isinstance(value, yaml.MappingNode) and key.value == "fields":
                parts["fields"] = dict(_scalars(value))
        rows.append(parts)
    return rows


_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def _scalars(node: yaml.Node) -> Iterator[tuple[str, Any]]:
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode):
            kind = value.tag.rpartition(":")[2]
            yield (
                key.value,
                _BOOLEANS.get(value.value.lower())
                if kind == "bool"
                else None
                if kind == "null"
                else value.value,
            )


def _fixture_state(fields: dict[str, Any]) -> str:
    given = fields.get("everyone", fields.get("active"))
    if given is None and str(fields.get("percent")) in ("100", "100.0"):
        return "on"
    return {True: "on", False: "off"}.get(given, "") if isinstance(given, bool) else ""


def in_commands(tree: Tree) -> Iterator[Declaration]:
    """`manage.py waffle_flag NAME --create` in scripts and pipelines."""
    for path in tree.paths:
        if not _SCRIPT_FILES.search(path):
            continue
        try:
            data = tree.read(path)
        except Refused:
            continue
        if b"waffle_" in data:
            yield from _commanded(path, data.decode("utf-8-sig", "replace"))


def _commanded(path: str, text: str) -> Iterator[Declaration]:
    for found in _COMMAND.finditer(text.replace("\\\n", "  ")):
        words = found[2].split()
        plain_words = [word for word in words if not word.startswith("-")]
        if "--create" in words and plain_words and "$" not in plain_words[0]:
            line = text.count("\n", 0, found.start()) + 1
            yield Declaration(plain_words[0].strip("\"'"), Span(path, line), "command", f"waffle.{found[1]}")


# --- AppConfig documents

_DOCUMENTS = {
    "aws_appconfig_hosted_configuration_version": "content",
    "AWS::AppConfig::HostedConfigurationVersion": "Content",
}


def in_stacks(stacks: Iterable[Stack]) -> Iterator[Declaration]:
    """The flags of AppConfig feature-flag documents in infrastructure code."""
    for stack in stacks:
        for resource in stack.resources:
            if resource.type in _DOCUMENTS and not resource.is_data:
                yield from _document(resource, resource.attr(_DOCUMENTS[resource.type]))


def _document(resource: Resource, content: Value[Any]) -> Iterator[Declaration]:
    is_first_state = _is_changed_elsewhere(resource)
    for alternative in content.alternatives:
        document = _plain_document(alternative.value)
        flags = document.get("flags") if isinstance(document, dict) else None
        values = document.get("values") if isinstance(document, dict) else None
        for name, body in flags.items() if isinstance(flags, dict) else ():
            state = values.get(name) if isinstance(values, dict) and not is_first_state else None
            yield _appconfig(str(name), alternative.span, body if isinstance(body, dict) else {}, state)


def _is_changed_elsewhere(resource: Resource) -> bool:
    """Whether Terraform leaves the document alone once it exists: then people switch its flags in the console."""
    ignored = descend(resource.meta, ["lifecycle", "ignore_changes"], resource.span)
    return not ignored.is_absent


def _plain_document(data: Any) -> Any:
    try:
        return (
            json.loads(data)
            if isinstance(data, str)
            else plain(data)
            if isinstance(data, Map | Seq)
            else None
        )
    except (ValueError, RecursionError, NotPlain):
        return None


def _appconfig(name: str, span: Span, body: dict[str, Any], state: Any) -> Declaration:
    ending = body.get("_deprecation")
    enabled = state.get("enabled") if isinstance(state, dict) and "_variants" not in state else None
    return Declaration(
        name,
        span,
        "appconfig",
        "appconfig",
        description=str(body.get("description", "")),
        created=str(body.get("_createdAt", "")),
        expires=str(ending.get("date", "")) if isinstance(ending, dict) else "",
        state={True: "on", False: "off"}.get(enabled, "") if isinstance(enabled, bool) else "",
        fields=tuple(sorted(map(str, body))),
    )


# --- settings that are flags by nature

#: Settings of the flag libraries themselves.
_LIBRARIES_OWN = frozenset({"FLAGS_STATE_LOGGING", "FLAG_SOURCES"})
_NAMED_SO = re.compile(
    r"^(FEATURES?|FF|FLAGS?|ENABLE|TOGGLE|BETA|EXPERIMENT|EXPERIMENTAL)_\w|_(FLAG|FEATURE|TOGGLE|FEATURE_ENABLED)$"
)
_MAYBE_SO = re.compile(r"^(ENABLED|DISABLE|USE_NEW|SHOW|ALLOW)_\w|_(ENABLED|ENABLE|DISABLED|ACTIVE)$")


def in_boolean_settings(names: Names) -> Iterator[Declaration]:
    """Settings that hold a boolean, fixed or from the environment, and whose name says that they switch something.

    The first assignment counts; a setting that some file also gives another type is no flag.
    """
    seen: set[str] = set()
    for facts in tuple(names.files.values()):
        if facts.is_settings and not facts.is_test:
            for each in facts.assignments:
                if (
                    each.boolean
                    and each.name not in seen
                    and (is_named_so := _flag_like(each.name)) is not None
                ):
                    seen.add(each.name)
                    yield _boolean(facts, each, is_named_so)


def _flag_like(name: str) -> bool | None:
    if name in _LIBRARIES_OWN:
        return None
    if _NAMED_SO.search(name):
        return True
    return False if _MAYBE_SO.search(name) else None


def _boolean(facts: CodeFacts, each: Assignment, is_named_so: bool) -> Declaration:
    state = {"True": "on", "False": "off"}.get(each.default, "") if each.boolean == "literal" else ""
    return Declaration(
        each.name, facts.span(each.line), "boolean-setting", "setting", state=state, is_named_so=is_named_so
    )


def all_declarations(
    tree: Tree,
    names: Names,
    registry: Sequence[Declaration],
    setting: Value[Any] | None,
    stacks: Iterable[Stack],
) -> tuple[Declaration, ...]:
    """Everything that declares a flag, the registry first."""
    found = (
        *registry,
        *in_setting(setting),
        *in_rows(names),
        *in_fixtures(tree),
        *in_commands(tree),
        *in_stacks(stacks),
        *in_boolean_settings(names),
    )
    return tuple(dict.fromkeys(found))
