"""Which commands deploy a template, and with which tags for the whole stack."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any
from weakref import WeakKeyDictionary

from djaws.errors import Refused
from djaws.finding import Span
from djaws.model.cloud import Resource, Stack, members
from djaws.model.pipeline import Command, Step
from djaws.model.system import System
from djaws.model.value import Alternative, Guard, Map, Unknown, Value

_VERBS = frozenset({"deploy", "create-stack", "update-stack", "create-change-set"})
_TEMPLATE_OPTIONS = ("--template-file", "--template", "-t", "--template-body", "--template-url")
_ACTION = "aws-actions/aws-cloudformation-github-deploy"
_DEFAULT_TEMPLATES = ("template.yaml", "template.yml", "template.json")

#: Stands for what only the run knows inside a word.
HOLE = "\0"

_KEY_AND_VALUE = re.compile(r"Key=([^,]+),\s*Value=(.*)", re.DOTALL)


@dataclass(frozen=True, eq=False)
class Deployment:
    """One command or step that deploys a template. `template` is what it names, with holes; empty when it names none."""

    span: Span
    tool: str
    template: str
    folder: str
    tags: Map
    passes_tags: bool


class Deployments:
    """Every deployment that the repository's pipelines and scripts hold."""

    def __init__(self, system: System) -> None:
        self.system = system

    @cached_property
    def all(self) -> tuple[Deployment, ...]:
        if not any(stack.dialect == "cloudformation" for stack in self.system.stacks):
            return ()
        return tuple(_found(self.system))

    @cached_property
    def _paths(self) -> frozenset[str]:
        return frozenset(stack.path for stack in self.system.stacks if stack.dialect == "cloudformation")

    def certain(self, stack: Stack) -> tuple[Deployment, ...]:
        """The deployments that certainly deploy this stack."""
        if stack.path not in self._certain:
            self._certain[stack.path] = tuple(each for each in self.all if self._deploys(each, stack.path))
        return self._certain[stack.path]

    @cached_property
    def _certain(self) -> dict[str, tuple[Deployment, ...]]:
        return {}

    def _deploys(self, deployment: Deployment, path: str) -> bool | None:
        """Whether a deployment deploys the template at `path`; None when that cannot be told."""
        written = deployment.template.removeprefix("file://")
        if HOLE in written:
            return None
        if not written:
            return self._deploys_default(deployment, path)
        for candidate in (posixpath.normpath(posixpath.join(deployment.folder, written)), written):
            if candidate in self._paths:
                return candidate == path
        alike = self._called(posixpath.basename(written))
        if path in alike:
            return True if len(alike) == 1 else None
        return False if alike else None

    def _deploys_default(self, deployment: Deployment, path: str) -> bool | None:
        if deployment.tool != "sam" or posixpath.basename(path) not in _DEFAULT_TEMPLATES:
            return False
        if deployment.folder:
            return posixpath.dirname(path) == deployment.folder
        return True if self._called(*_DEFAULT_TEMPLATES) == [path] else None

    def _called(self, *names: str) -> list[str]:
        return [path for name in names for path in self._by_name.get(name, ())]

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in sorted(self._paths):
            found.setdefault(posixpath.basename(path), []).append(path)
        return found

    def tags(self, stack: Stack) -> Iterator[Value[Map]]:
        """The stack's tags by its deployments, and an open map where another deployment may be its own."""
        certain = self.certain(stack)
        if certain:
            yield Value(tuple(_alternatives(certain)))
            return
        for each in self.all:
            if each.passes_tags and self._deploys(each, stack.path) is None:
                because = "a deployment with tags may deploy it"
                yield Value.of(Map({}, Unknown(because, each.span), each.span), each.span, written=False)
                return


def _alternatives(certain: tuple[Deployment, ...]) -> Iterator[Alternative[Map]]:
    for each in certain:
        at = f"deployed by {each.span.path}:{each.span.line}"
        guard = Guard.when(at, True) if len(certain) > 1 else Guard()
        yield Alternative(each.tags, each.span, guard, each.passes_tags)


_known: WeakKeyDictionary[System, Deployments] = WeakKeyDictionary()


def deployments(system: System) -> Deployments:
    """The repository's deployments, found once."""
    if system not in _known:
        _known[system] = Deployments(system)
    return _known[system]


def _found(system: System) -> Iterator[Deployment]:
    pipeline = system.pipeline
    seen: set[Span] = set()
    for step in _steps(system):
        if step.action.lower() == _ACTION:
            yield _by_action(step)
    for pipeline_resource in system.of_type("aws_codepipeline", "AWS::CodePipeline::Pipeline"):
        yield from _by_pipeline(pipeline_resource, system)
    for command, span, folder in _commands(system):
        deployment = _by_command(command, span, folder)
        if deployment is not None and span not in seen:
            seen.add(span)
            yield deployment
    for script in pipeline.scripts.values():
        for command in script.commands:
            deployment = _by_command(command, script.at(command), "")
            if deployment is not None and deployment.span not in seen:
                seen.add(deployment.span)
                yield deployment


def _steps(system: System) -> Iterator[Step]:
    for flow in system.pipeline.workflows:
        for job in flow.jobs:
            yield from job.steps
    for action in system.pipeline.actions:
        yield from action.steps


def _commands(system: System) -> Iterator[tuple[Command, Span, str]]:
    for step in _steps(system):
        folder = posixpath.normpath(step.folder) if step.folder and "$" not in step.folder else ""
        for command, span in step.commands:
            yield command, span, folder
    for configuration in system.pipeline.configurations:
        for job in configuration.jobs:
            for command, span in job.commands:
                yield command, span, ""


def _by_action(step: Step) -> Deployment:
    template = _text(step.inputs.get("template"))
    given = step.inputs.get("tags")
    written = "" if given is None else _text(given)
    tags = Map() if given is None else _read([written], step.span)
    return Deployment(step.span, "action", template, "", tags, given is not None)


def _by_pipeline(resource: Resource, system: System) -> Iterator[Deployment]:
    """What CodePipeline deploys, with the tags of its template configuration (a JSON file in the artifact)."""
    is_terraform = resource.dialect == "terraform"
    names = ("stage", "action", "configuration") if is_terraform else ("Stages", "Actions", "Configuration")
    for stage in resource.blocks(names[0])[0]:
        for action in members(stage.get(names[1]))[0]:
            for settings in members(action.get(names[2]))[0]:
                template = _text(settings.get("TemplatePath")).partition("::")[2]
                if template:
                    tags, passes = _configured(settings, system)
                    yield Deployment(
                        settings.get("TemplatePath").span, "pipeline", template, "", tags, passes
                    )


def _configured(settings: Map, system: System) -> tuple[Map, bool]:
    value = settings.get("TemplateConfiguration")
    if value.is_absent:
        return Map(), False
    path = _text(value).partition("::")[2]
    if path in system.tree:
        try:
            document = json.loads(system.tree.text(path))
        except (ValueError, RecursionError, Refused):
            document = None
        if isinstance(document, dict):
            return _read([json.dumps(document.get("Tags", {}))], Span(path, 1)), "Tags" in document
    return Map({}, Unknown("its tags are in a file that is made when the pipeline runs", value.span)), True


def _text(value: Value[str] | None) -> str:
    if value is None:
        return ""
    return str(value.only(HOLE))


def _by_command(command: Command, span: Span, folder: str) -> Deployment | None:
    words = [
        "".join(part if isinstance(part, str) else HOLE for part in word.parts) for word in command.words
    ]
    tool = command.name
    if tool == "sam" and "deploy" in words[1:3]:
        tool = "sam"
    elif not (tool == "aws" and "cloudformation" in words and _VERBS & set(words)):
        return None
    options = dict(_options(words))
    template = next((options[name][0] for name in _TEMPLATE_OPTIONS if options.get(name)), "")
    tags = options.get("--tags")
    if tags is None and _hides_options(words):
        read = Map({}, Unknown("its options are put together when it runs", span), span)
        return Deployment(span, tool, template, folder, read, True)
    return Deployment(span, tool, template, folder, _read(tags or [], span), tags is not None)


def _hides_options(words: list[str]) -> bool:
    """Whether a variable that is no option's value may hold any option."""
    return any(word == HOLE and not before.startswith("-") for before, word in pairwise(words))


def _options(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    name = ""
    values: list[str] = []
    for word in words:
        if word.startswith("-") and word != "-":
            if name:
                yield name, values
            name, equals, value = word.partition("=")
            values = [value] if equals else []
        else:
            values.append(word)
    if name:
        yield name, values


def _read(words: list[str], span: Span) -> Map:
    """Tags as the commands take them: `Key=Value` words, `Key=…,Value=…` words, or JSON."""
    entries: dict[str, Value[Any]] = {}
    rest: Unknown | None = None
    for key, value in (pair for word in words for pair in _pairs(word)):
        if HOLE in key or not key:
            rest = Unknown("its tags are put together when it runs", span)
        elif HOLE in value:
            entries[key] = Value.not_known("it is known when it runs", span)
        else:
            entries[key] = Value.of(value, span)
    return Map(entries, rest, span)


def _pairs(word: str) -> Iterator[tuple[str, str]]:
    if word.startswith("file://"):
        yield HOLE, ""
    elif word.lstrip().startswith(("[", "{")):
        yield from _json_pairs(word)
    else:
        for part in [word] if "Key=" in word else word.split():
            both = _KEY_AND_VALUE.fullmatch(part)
            key, _, value = (both[1], "", both[2]) if both else part.partition("=")
            yield key, value


def _json_pairs(word: str) -> Iterator[tuple[str, str]]:
    try:
        document = json.loads(word)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        yield from ((str(key), str(value)) for key, value in document.items())
    elif isinstance(document, list) and all(isinstance(item, dict) for item in document):
        yield from ((str(item.get("Key", HOLE)), str(item.get("Value", ""))) for item in document)
    else:
        yield HOLE, ""
