"""samconfig: what each environment deploys a template with."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from djaws.errors import Refused
from djaws.finding import Span
from djaws.model.cloudformation.parameters import Override
from djaws.model.value import Alternative, Guard, Map, Value

DEFAULT_TEMPLATES = ("template.yaml", "template.yml", "template.json")

_COMMANDS = ("global", "build", "package", "deploy")
_PAIR = re.compile(r"([^\s=\"']+)=(\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s\"']*)")
_CLOUDFORMATION_PAIR = re.compile(
    r"ParameterKey=([^\s,\"']+),ParameterValue=(\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s\"']*)"
)
_SECTION = re.compile(r"\s*\[([^\[\]]+)\]")
_SETTING = re.compile(r"\s*\"?(tags|parameter_overrides)\"?\s*=")


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment's settings for `deploy`. `template` is the file it names, empty when it names none."""

    name: str
    overrides: Mapping[str, str]
    tags: Mapping[str, str]
    tags_span: Span
    template: str = ""


def read_environments(path: str, text: str) -> tuple[Environment, ...]:
    """The environments of a samconfig.toml, `default` first when it is there. `Refused` when it cannot be parsed."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise Refused(path, str(error) or "cannot be parsed") from error
    lines = _setting_lines(text)
    return tuple(
        _environment(path, name, commands, lines)
        for name, commands in document.items()
        if isinstance(commands, dict)
    )


def _environment(
    path: str, name: str, commands: dict[str, Any], lines: Mapping[tuple[str, str], int]
) -> Environment:
    settings: dict[str, Any] = {}
    line = 1
    for command in _COMMANDS:
        section = commands.get(command)
        parameters = section.get("parameters") if isinstance(section, dict) else None
        if isinstance(parameters, dict):
            settings.update(parameters)
            line = lines.get((f"{name}.{command}.parameters", "tags"), line)
    template = settings.get("template_file", settings.get("template", ""))
    return Environment(
        name,
        _pairs(settings.get("parameter_overrides")),
        _pairs(settings.get("tags")),
        Span(path, line),
        template if isinstance(template, str) else "",
    )


def _setting_lines(text: str) -> dict[tuple[str, str], int]:
    """Where each section sets its tags and overrides; the parser does not say."""
    found: dict[tuple[str, str], int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        header = _SECTION.match(line)
        if header:
            section = header[1].replace('"', "").replace(" ", "")
            continue
        setting = _SETTING.match(line)
        if setting:
            found.setdefault((section, setting[1]), number)
    return found


def _pairs(setting: Any) -> dict[str, str]:
    """`"A=b C='d e'"`, a list of such texts, or a table, as a table."""
    if isinstance(setting, dict):
        return {
            str(key): str(value) for key, value in setting.items() if isinstance(value, str | int | float)
        }
    texts = setting if isinstance(setting, list) else [setting]
    return {key: value for text in texts if isinstance(text, str) for key, value in _text_pairs(text)}


def _text_pairs(text: str) -> Iterator[tuple[str, str]]:
    pattern = _CLOUDFORMATION_PAIR if "ParameterKey=" in text else _PAIR
    for pair in pattern.finditer(text):
        yield pair[1], _unquoted(pair[2])


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1].replace('\\"', '"')
    return text


def overrides_of(environments: tuple[Environment, ...], parameter: str) -> tuple[Override, ...]:
    """What each environment sets a parameter to."""
    return tuple(
        Override(environment.name, environment.overrides.get(parameter))
        for environment in environments
        if environment.overrides or len(environments) > 1
    )


def tags_of(environments: tuple[Environment, ...]) -> Map:
    """The stack's tags, those of each environment under its guard."""
    keys = dict.fromkeys(key for environment in environments for key in environment.tags)
    return Map({key: Value(tuple(_tag(key, environments))) for key in keys})


def _tag(key: str, environments: tuple[Environment, ...]) -> Iterator[Alternative[str | None]]:
    for environment in environments:
        value = environment.tags.get(key)
        guard = Guard.when("samconfig", environment.name) if len(environments) > 1 else Guard()
        yield Alternative(value, environment.tags_span, guard, value is not None)
