"""The words of the process model: what runs, with which options and environment, and what stands in front of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from djaws.finding import Span
from djaws.model.cloud import Resource, Stack
from djaws.model.pipeline import Dockerfile, Nginx, Stage
from djaws.model.pipeline.shell import Condition
from djaws.model.value import ALWAYS, Guard, Unknown, Value

ServerKind = Literal[
    "gunicorn",
    "uwsgi",
    "uvicorn",
    "hypercorn",
    "daphne",
    "waitress",
    "celery",
    "manage",
    "handler",
    "nginx",
    "other",
]
Origin = Literal[
    "ecs",
    "lambda",
    "compose",
    "procfile",
    "systemd",
    "supervisor",
    "beanstalk",
    "app-runner",
    "copilot",
    "zappa",
    "image",
]


@dataclass(frozen=True, slots=True)
class Server:
    """One command that matters: a server, a Celery command, a management command, a Lambda handler.

    `options` have long names with dashes; what the command line leaves out comes from the environment and the server's
    configuration file. `is_open` says why further options may be set. `conditions` are the shell tests under which it
    runs that could not be decided, `depends_on` the variables in them; `guard` is the same for values.
    """

    kind: ServerKind
    span: Span
    text: str
    application: str = ""
    subcommand: str = ""
    arguments: tuple[str, ...] = ()
    options: Mapping[str, Value[Any]] = field(default_factory=dict)
    is_open: Unknown | None = None
    conditions: tuple[Condition, ...] = ()
    depends_on: Mapping[str, Value[Any]] = field(default_factory=dict)
    guard: Guard = ALWAYS
    environment: Mapping[str, Value[Any]] = field(default_factory=dict)
    settings_module: Value[str | None] | None = None

    def option(self, *names: str) -> Value[Any]:
        """What an option can be; absent when nothing sets it, unknown when something unseen may."""
        for name in names:
            if name in self.options:
                return self.options[name]
        return Value((), self.is_open) if self.is_open else Value.absent(self.span)

    @property
    def is_web(self) -> bool:
        """Whether it answers HTTP requests with the project's code."""
        is_development = self.kind == "manage" and self.subcommand in (
            "runserver",
            "runserver_plus",
            "testserver",
        )
        return is_development or self.kind in (
            "gunicorn",
            "uwsgi",
            "uvicorn",
            "hypercorn",
            "daphne",
            "waitress",
        )

    @property
    def is_beat(self) -> bool:
        """Whether it schedules Celery's periodic tasks."""
        return self.kind == "celery" and (self.subcommand == "beat" or "beat" in self.options)

    @property
    def is_worker(self) -> bool:
        background = (
            "qcluster",
            "rqworker",
            "process_tasks",
            "run_huey",
            "rundramatiq",
            "db_worker",
            "rqscheduler",
        )
        return (self.kind == "celery" and self.subcommand in ("worker", "multi")) or (
            self.kind == "manage" and self.subcommand in background
        )

    @property
    def stays(self) -> bool:
        """Whether it keeps running."""
        return self.is_web or self.is_worker or self.kind in ("celery", "nginx", "handler")


HopKind = Literal["nginx", "balancer", "api-gateway", "function-url", "none", "unknown"]


@dataclass(frozen=True, slots=True)
class Hop:
    """Who hands requests to a process. `is_local` is one on the same host or in the same task: a loopback peer.

    `resource` is the target group, API or integration; `nginx` the configuration that passes requests on.
    """

    kind: HopKind
    because: str
    span: Span
    is_local: bool = False
    resource: Resource | None = None
    nginx: Nginx | None = None


@dataclass(frozen=True)
class Process:
    """One container, function, unit or line that starts the project's code, or part of it.

    `servers` are its commands in order, with those that only prepare (`migrate`) before those that stay. `unknown` says
    why there may be more, or others. `environment` is what the process sees; `rest` why it may see more. `secrets` are
    variables whose values come from a secret store. `hops` are in order, the nearest first, up to what is known.
    """

    name: str
    origin: Origin
    span: Span
    servers: tuple[Server, ...] = ()
    unknown: Unknown | None = None
    environment: Mapping[str, Value[Any]] = field(default_factory=dict)
    rest: Unknown | None = None
    secrets: Mapping[str, Span] = field(default_factory=dict)
    settings_module: Value[str | None] = field(default_factory=Value)
    replicas: Value[Any] = field(default_factory=Value)
    hops: tuple[Hop, ...] = ()
    ports: tuple[str, ...] = ()
    image: Value[Any] | None = None
    dockerfile: Dockerfile | None = None
    stage: Stage | None = None
    resource: Resource | None = None
    services: tuple[Resource, ...] = ()
    stack: Stack | None = None
    deployment: str = ""
    guard: Guard = ALWAYS
    is_oneshot: bool = False

    @property
    def hop(self) -> Hop:
        """The nearest hop."""
        return self.hops[0] if self.hops else Hop("unknown", "nothing says what is in front of it", self.span)

    @property
    def is_web(self) -> bool:
        """Whether it answers HTTP requests: a web server, or a function that an API, a balancer or a URL calls."""
        is_called = any(hop.kind in ("api-gateway", "balancer", "function-url") for hop in self.hops)
        return any(server.is_web or (server.kind == "handler" and is_called) for server in self.servers)

    def variable(self, name: str) -> Value[Any]:
        """What an environment variable can be: absent, known, or unknown as a secret or where the environment is open."""
        if name in self.environment:
            return self.environment[name]
        if name in self.secrets:
            return Value.not_known(f"{name} comes from a secret", self.secrets[name])
        return Value((), self.rest) if self.rest else Value.absent(self.span)
