"""Platforms that deploy from a file in the repository: Elastic Beanstalk, Copilot, App Runner, Zappa."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from djaws.finding import Span
from djaws.model.pipeline.scripts import Script, environment, scripts
from djaws.model.pipeline.syntax import Node
from djaws.model.value import NOWHERE, Value

_ENVIRONMENT = "aws:elasticbeanstalk:application:environment"


@dataclass(frozen=True, slots=True)
class Option:
    """A Beanstalk `option_settings` entry."""

    namespace: str
    name: str
    value: Value[str]
    span: Span


@dataclass(frozen=True)
class Beanstalk:
    """One `.ebextensions/*.config` file. `leader` are container commands that run on one instance only."""

    path: str
    options: tuple[Option, ...] = ()
    commands: tuple[Script, ...] = ()
    leader: tuple[Script, ...] = ()

    @property
    def environment(self) -> dict[str, Value[str]]:
        return {each.name: each.value for each in self.options if each.namespace == _ENVIRONMENT}


def beanstalk(path: str, root: Node) -> Beanstalk:
    options: list[Option] = []
    settings = root.get("option_settings")
    for namespace, body in settings.entries.items() if settings else ():
        for name, node in body.entries.items():
            span = body.key_span(name)
            options.append(Option(namespace, name, Value.of(node.text, span), span))
    for item in settings.items if settings else ():
        name = item.scalar("option_name")
        value = item.get("value")
        if name and value:
            options.append(
                Option(
                    item.scalar("namespace") or _ENVIRONMENT,
                    name,
                    Value.of(value.text, value.span),
                    item.span,
                )
            )
    run: list[Script] = []
    leader: list[Script] = []
    for key in ("commands", "container_commands"):
        group = root.get(key)
        for body in group.entries.values() if group else ():
            leads = body.get("leader_only")
            (leader if leads and leads.is_true else run).extend(scripts(body.list("command")))
    return Beanstalk(path, tuple(options), tuple(run), tuple(leader))


@dataclass(frozen=True)
class Copilot:
    """A Copilot manifest. `kind` is its `type` (`Load Balanced Web Service`, `Backend Service`, `Scheduled Job`, …)."""

    path: str
    name: str
    kind: str
    dockerfile: str = ""
    image: str = ""
    command: str | tuple[str, ...] | None = None
    entrypoint: str | tuple[str, ...] | None = None
    port: str = ""
    count: Value[Any] | None = None
    variables: Mapping[str, Value[str]] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    span: Span = NOWHERE
    health_check: str = ""


def copilot(path: str, root: Node) -> Copilot:
    image = root.get("image")
    build = image.get("build") if image else None
    count = root.get("count")
    secrets = root.get("secrets")
    return Copilot(
        path,
        root.scalar("name"),
        root.scalar("type"),
        (build.text if build.kind == "scalar" else build.scalar("dockerfile")) if build else "",
        image.scalar("location") if image else "",
        _words(root.get("command")),
        _words(root.get("entrypoint")),
        image.scalar("port") if image else "",
        _count(count),
        environment(root.get("variables")),
        tuple(secrets.entries) if secrets else (),
        root.key_span("name"),
        root.scalar("http", "healthcheck") or root.scalar("http", "healthcheck", "path"),
    )


def _words(node: Node | None) -> str | tuple[str, ...] | None:
    if node is None or node.is_null:
        return None
    return node.texts() if node.kind == "list" else node.text


def _count(node: Node | None) -> Value[Any] | None:
    if node is None:
        return None
    if node.text.isdigit():
        return Value.of(int(node.text), node.span)
    return Value.not_known("the number of tasks follows a range", node.span)


@dataclass(frozen=True)
class AppRunner:
    """An `apprunner.yaml`."""

    path: str
    runtime: str
    command: Script | None
    variables: Mapping[str, Value[str]]
    port: str = ""


def app_runner(path: str, root: Node) -> AppRunner:
    command = root.get("run", "command")
    variables: dict[str, Value[str]] = {}
    for each in root.list("run", "env"):
        if each.scalar("name"):
            variables[each.scalar("name")] = Value.of(each.scalar("value"), each.span)
    return AppRunner(
        path,
        root.scalar("runtime"),
        next(scripts([command]), None) if command else None,
        variables,
        root.scalar("run", "network", "port"),
    )


@dataclass(frozen=True, slots=True)
class ZappaStage:
    """A stage of `zappa_settings.json`. `settings` are its own and those of the stages it extends."""

    path: str
    name: str
    span: Span
    settings_module: Value[str | None]
    variables: Mapping[str, Value[str]]
    settings: Mapping[str, Node]


def zappa(path: str, root: Node) -> tuple[ZappaStage, ...]:
    found = []
    for name in root.entries:
        merged = _zappa_settings(root, name, 8)
        module = merged.get("django_settings")
        span = root.key_span(name)
        variables: dict[str, Value[str]] = {}
        for key in ("aws_environment_variables", "environment_variables"):
            variables.update(environment(merged.get(key)))
        value: Value[str | None] = Value.of(module.text, module.span) if module else Value.absent(span)
        found.append(ZappaStage(path, name, span, value, variables, merged))
    return tuple(found)


def _zappa_settings(root: Node, name: str, depth: int) -> dict[str, Node]:
    stage = root.get(name)
    if stage is None or not depth:
        return {}
    base = stage.scalar("extends")
    return {**(_zappa_settings(root, base, depth - 1) if base else {}), **stage.entries}
