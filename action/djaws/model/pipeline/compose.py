"""Compose files: services with their commands, environments, images and ports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from djaws.finding import Span
from djaws.model.pipeline.shell import word
from djaws.model.pipeline.syntax import Node
from djaws.model.value import Value


@dataclass(frozen=True, slots=True)
class Service:
    """One service. Commands are words (a list) or one text (shell words); absent means the image's own.

    Variables of the host (`${X:-default}`) are unknown, with their default as one possibility. `extends` names a file
    (empty for this one) and a service.
    """

    name: str
    span: Span
    block: Span
    image: Value[str] | None = None
    context: str = ""
    dockerfile: str = ""
    target: str = ""
    command: tuple[str, ...] | str | None = None
    command_span: Span | None = None
    entrypoint: tuple[str, ...] | str | None = None
    environment: Mapping[str, Value[Any]] = field(default_factory=dict)
    env_files: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    replicas: Value[int] | None = None
    profiles: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    extends: tuple[str, str] | None = None
    working_dir: str = ""
    user: str = ""
    has_build: bool = False


@dataclass(frozen=True)
class Compose:
    """A compose file. `environment` is what its name says: `docker-compose.prod.yml` is `prod`, the plain file is empty."""

    path: str
    services: tuple[Service, ...]

    @property
    def environment(self) -> str:
        found = re.search(
            r"compose[.-]([\w-]+)\.ya?ml$|([\w-]+)\.(?:docker-)?compose\.ya?ml$|/([\w-]+)\.ya?ml$",
            f"/{self.path}",
        )
        name = next(filter(None, found.groups()), "") if found else ""
        return "" if name in ("docker-compose", "compose") else name

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    def service(self, name: str) -> Service | None:
        return next((each for each in self.services if each.name == name), None)


def compose(path: str, root: Node) -> Compose:
    services = root.get("services")
    if services is None:
        return Compose(path, ())
    return Compose(path, tuple(_service(name, node, services) for name, node in services.entries.items()))


def _service(name: str, node: Node, services: Node) -> Service:
    build = node.get("build")
    image = node.get("image")
    extends = node.get("extends")
    return Service(
        name,
        services.key_span(name),
        Span(node.path, services.key_lines.get(name), node.end_line),
        host_value(image.text, node.key_span("image")) if image else None,
        (build.text if build.kind == "scalar" else build.scalar("context") or ".") if build else "",
        build.scalar("dockerfile") if build else "",
        build.scalar("target") if build else "",
        _words(node.get("command")),
        node.key_span("command") if node.get("command") else None,
        _words(node.get("entrypoint")),
        _environment(node.get("environment")),
        tuple(each.scalar("path") or each.text for each in node.list("env_file")),
        tuple(
            each.text or f"{each.scalar('published')}:{each.scalar('target')}" for each in node.list("ports")
        ),
        _names(node.get("depends_on")),
        _replicas(node),
        node.texts("profiles"),
        tuple(
            each.text or f"{each.scalar('source')}:{each.scalar('target')}" for each in node.list("volumes")
        ),
        (extends.scalar("file"), extends.scalar("service") or extends.text) if extends else None,
        node.scalar("working_dir"),
        node.scalar("user"),
        build is not None,
    )


def _names(node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    return tuple(node.entries) or node.texts()


def _words(node: Node | None) -> tuple[str, ...] | str | None:
    if node is None or node.is_null:
        return None
    return node.texts() if node.kind == "list" else node.text


def _replicas(node: Node) -> Value[int] | None:
    for path in (("deploy", "replicas"), ("scale",)):
        found = node.get(*path)
        if found is not None and found.text.isdigit():
            return Value.of(int(found.text), found.span)
        if found is not None:
            return Value.not_known(f"`{found.text[:40]}` is set where compose runs", found.span)
    return None


def _environment(node: Node | None) -> dict[str, Value[Any]]:
    found: dict[str, Value[Any]] = {}
    for key, value in node.entries.items() if node else ():
        span = Span(value.path, node.key_lines[key]) if node else value.span
        passed_on = Value.not_known(f"{key} is passed on from where compose runs", span)
        found[key] = passed_on if value.is_null else host_value(value.text, span)
    for item in node.items if node else ():
        name, separator, text = item.text.partition("=")
        passed_on = Value.not_known(f"{name} is passed on from where compose runs", item.span)
        found[name] = host_value(text, item.span) if separator else passed_on
    return found


def host_value(text: str, span: Span) -> Value[Any]:
    """A text with variables of the host, or of an `.env` beside the file: unknown, their defaults one possibility."""
    if "$" not in text:
        return Value.of(text, span)

    def host(name: str) -> Value[str | None]:
        unknown = Value.not_known(f"{name} is set where compose runs", span).unknown
        return Value(Value.absent(span).alternatives, unknown)

    escaped = text.replace("$$", "\\$")
    found = word(f'"{escaped}"' if '"' not in escaped else escaped, span.line or 1).expand(host, span)
    return Value(found.sometimes(bool), found.unknown)
