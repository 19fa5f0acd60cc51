"""GitHub workflows and the composite actions of the repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from djaws.finding import Span
from djaws.model.pipeline.scripts import Script, environment, script, text_value
from djaws.model.pipeline.shell import Command
from djaws.model.pipeline.syntax import Node
from djaws.model.value import Value


@dataclass(frozen=True, slots=True)
class Step:
    """A step: an action (`uses`, with `inputs`) or a script. `local` is the folder of an action of this repository."""

    span: Span
    end_line: int
    name: str = ""
    id: str = ""
    uses: str = ""
    uses_span: Span | None = None
    inputs: Mapping[str, Value[str]] = field(default_factory=dict)
    run: Script | None = None
    variables: Mapping[str, Value[str]] = field(default_factory=dict)
    condition: str = ""
    may_fail: bool = False
    folder: str = ""

    @property
    def action(self) -> str:
        """`owner/name` (with its path) of the action, without the version; empty for a script."""
        return self.uses.partition("@")[0]

    @property
    def version(self) -> str:
        return self.uses.partition("@")[2]

    @property
    def local(self) -> str:
        return self.uses.removeprefix("./").rstrip("/") if self.uses.startswith("./") else ""

    @property
    def commands(self) -> Iterator[tuple[Command, Span]]:
        for command in self.run.commands if self.run else ():
            yield command, Span(self.span.path, command.line)


@dataclass(frozen=True, slots=True)
class WorkflowJob:
    """A job, or a call of a reusable workflow (`uses`).

    `permissions` is None when the job has none of its own; `{"*": "write-all"}` stands for the short forms.
    """

    id: str
    span: Span
    block: Span
    name: str = ""
    needs: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    uses: str = ""
    inputs: Mapping[str, Value[str]] = field(default_factory=dict)
    environment: str = ""
    environment_span: Span | None = None
    permissions: Mapping[str, str] | None = None
    condition: str = ""
    variables: Mapping[str, Value[str]] = field(default_factory=dict)
    matrix: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    runs_on: tuple[str, ...] = ()
    container: str = ""
    may_fail: bool = False
    secrets: str = ""

    @property
    def local(self) -> str:
        """The path of a reusable workflow of this repository."""
        return self.uses.removeprefix("./") if self.uses.startswith("./") else ""

    @property
    def commands(self) -> Iterator[tuple[Command, Span]]:
        for step in self.steps:
            yield from step.commands


@dataclass(frozen=True, slots=True)
class Trigger:
    """An event that starts a workflow, with its filters."""

    event: str
    span: Span
    branches: tuple[str, ...] = ()
    branches_ignore: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Workflow:
    path: str
    name: str
    triggers: tuple[Trigger, ...]
    jobs: tuple[WorkflowJob, ...]
    permissions: Mapping[str, str] | None = None
    permissions_span: Span | None = None
    variables: Mapping[str, Value[str]] = field(default_factory=dict)

    def job(self, name: str) -> WorkflowJob | None:
        return next((each for each in self.jobs if each.id == name), None)

    def trigger(self, *events: str) -> Trigger | None:
        return next((each for each in self.triggers if each.event in events), None)

    def before(self, job: WorkflowJob) -> tuple[WorkflowJob, ...]:
        """The jobs that must succeed first, directly or not."""
        found: dict[str, WorkflowJob] = {}
        waiting = list(job.needs)
        while waiting:
            each = self.job(waiting.pop())
            if each and each.id not in found:
                found[each.id] = each
                waiting += each.needs
        return tuple(found.values())

    def effective_permissions(self, job: WorkflowJob) -> Mapping[str, str] | None:
        return job.permissions if job.permissions is not None else self.permissions


@dataclass(frozen=True)
class CompositeAction:
    """An action of this repository. `steps` are empty unless it is a composite one."""

    path: str
    using: str
    steps: tuple[Step, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    image: str = ""

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]


def workflow(path: str, root: Node) -> Workflow:
    return Workflow(
        path,
        root.scalar("name"),
        tuple(_triggers(root)),
        tuple(_job(name, node, root) for name, node in _mapping(root.get("jobs"))),
        _permissions(root.get("permissions")),
        root.key_span("permissions") if root.get("permissions") else None,
        environment(root.get("env")),
    )


def composite_action(path: str, root: Node) -> CompositeAction:
    runs = root.get("runs") or Node(path, 1, 1, "mapping")
    inputs = {name: node.scalar("default") for name, node in _mapping(root.get("inputs"))}
    steps = tuple(_step(node, "", "") for node in runs.list("steps"))
    return CompositeAction(path, runs.scalar("using"), steps, inputs, runs.scalar("image"))


def _mapping(node: Node | None) -> Iterator[tuple[str, Node]]:
    if node is not None:
        yield from node.entries.items()


def _triggers(root: Node) -> Iterator[Trigger]:
    node = root.get("on")
    if node is None:
        return
    for each in node.list() if node.kind != "mapping" else ():
        yield Trigger(each.text, each.span)
    for event, body in node.entries.items():
        yield Trigger(
            event,
            node.key_span(event),
            body.texts("branches"),
            body.texts("branches-ignore"),
            body.texts("tags"),
            body.texts("paths"),
            body.texts("types"),
            body.texts("workflows"),
        )


def _permissions(node: Node | None) -> dict[str, str] | None:
    if node is None:
        return None
    if node.kind == "scalar":
        return {"*": node.text} if node.text else {}
    return {name: value.text for name, value in node.entries.items()}


def _job(name: str, node: Node, root: Node) -> WorkflowJob:
    default = node.scalar("defaults", "run", "shell") or root.scalar("defaults", "run", "shell")
    folder = node.scalar("defaults", "run", "working-directory") or root.scalar(
        "defaults", "run", "working-directory"
    )
    place = node.get("environment")
    line = root.get("jobs").key_span(name) if root.get("jobs") else node.span  # type: ignore[union-attr]
    return WorkflowJob(
        name,
        line,
        Span(node.path, line.line, node.end_line),
        node.scalar("name"),
        node.texts("needs"),
        tuple(_step(each, default, folder) for each in node.list("steps")),
        node.scalar("uses"),
        environment(node.get("with")),
        (place.text if place.kind == "scalar" else place.scalar("name")) if place else "",
        node.key_span("environment") if place else None,
        _permissions(node.get("permissions")),
        node.scalar("if"),
        environment(node.get("env")),
        _matrix(node.get("strategy", "matrix")),
        {name: each.scalar("image") or each.text for name, each in _mapping(node.get("services"))},
        node.texts("runs-on"),
        node.scalar("container", "image") or node.scalar("container"),
        _is_true(node.get("continue-on-error")),
        node.scalar("secrets"),
    )


def _matrix(node: Node | None) -> dict[str, tuple[str, ...]]:
    return {name: each.texts() for name, each in _mapping(node) if name not in ("include", "exclude")}


def _is_true(node: Node | None) -> bool:
    return node is not None and node.is_true


def _step(node: Node, shell: str, folder: str) -> Step:
    run = node.get("run")
    return Step(
        node.span,
        node.end_line,
        node.scalar("name"),
        node.scalar("id"),
        node.scalar("uses"),
        node.key_span("uses") if node.get("uses") else None,
        environment(node.get("with")),
        script(run, node.scalar("shell") or shell) if run and run.kind == "scalar" else None,
        environment(node.get("env")),
        node.scalar("if"),
        _is_true(node.get("continue-on-error")),
        node.scalar("working-directory") or folder,
    )


__all__ = [
    "CompositeAction",
    "Step",
    "Trigger",
    "Workflow",
    "WorkflowJob",
    "composite_action",
    "text_value",
    "workflow",
]
