"""Processes that files of the repository start: compose services, Procfile lines, units, Beanstalk, Copilot, Zappa."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from posixpath import join, normpath
from typing import Any

from djaws.errors import Refused
from djaws.finding import Span
from djaws.model.cloud import Resource, Stack
from djaws.model.pipeline import Compose, Copilot, Program, Service
from djaws.model.pipeline.shell import commands
from djaws.model.processes.documents import field, members
from djaws.model.processes.hops import between_services, in_front_of_host
from djaws.model.processes.images import Build, is_foreign
from djaws.model.processes.trace import State, Trace, Tracer
from djaws.model.processes.types import Hop, Process, Server
from djaws.model.value import Unknown, Value

Words = tuple[Value[str], ...] | None


# --- compose


def from_composes(tracer: Tracer) -> Iterator[Process]:
    for compose in tracer.pipeline.composes:
        made = [_service(compose, each, tracer) for each in compose.services]
        yield from between_services(made, tracer.pipeline)


def _service(compose: Compose, service: Service, tracer: Tracer) -> Process:
    merged = _extended(compose, service, tracer, 5)
    build = _build(compose, merged, tracer)
    environment, rest = _environment(compose, merged, tracer)
    state = State(dict(environment), rest, build=build, folder=merged.working_dir)
    span = merged.command_span or service.span
    if (
        merged.image is not None
        and not merged.has_build
        and is_foreign(merged.image)
        and merged.command is None
    ):
        name = str(merged.image.only("") or "")
        trace = Trace(servers=[Server("nginx", service.span, name)] if "nginx" in name else [])
    else:
        trace = tracer.container(_words(merged.entrypoint, span), _words(merged.command, span), state, span)
    return Process(
        f"{compose.path}/{service.name}",
        "compose",
        service.span,
        tuple(trace.servers),
        trace.unknown,
        environment,
        rest,
        replicas=merged.replicas or Value.of(1, service.span, written=False),
        ports=merged.ports,
        image=merged.image,
        dockerfile=build.dockerfile if build else None,
        stage=build.stage if build else None,
        deployment=compose.environment,
    )


def _extended(compose: Compose, service: Service, tracer: Tracer, depth: int) -> Service:
    """The service with what it extends laid under it."""
    if service.extends is None or not depth:
        return service
    file, name = service.extends
    path = normpath(join(compose.folder, file)) if file else compose.path
    other = next((each for each in tracer.pipeline.composes if each.path == path), None)
    base = other.service(name) if other else None
    if other is None or base is None:
        return service
    base = _extended(other, base, tracer, depth - 1)
    return replace(
        service,
        image=service.image or base.image,
        context=service.context or base.context,
        dockerfile=service.dockerfile or base.dockerfile,
        target=service.target or base.target,
        has_build=service.has_build or base.has_build,
        command=service.command if service.command is not None else base.command,
        command_span=service.command_span or base.command_span,
        entrypoint=service.entrypoint if service.entrypoint is not None else base.entrypoint,
        environment={**base.environment, **service.environment},
        env_files=(*base.env_files, *service.env_files),
        replicas=service.replicas or base.replicas,
        working_dir=service.working_dir or base.working_dir,
    )


def _build(compose: Compose, service: Service, tracer: Tracer) -> Build | None:
    if service.has_build:
        return tracer.images.build(join(compose.folder, service.context), service.dockerfile, service.target)
    return tracer.images.of(service.image) if service.image else None


def _words(given: tuple[str, ...] | str | None, span: Span) -> Words:
    if given is None:
        return None
    if isinstance(given, str):
        parsed = commands(given, span.line or 1)
        return tuple(Value.of(word, span) for each in parsed[:1] for word in each.literals)
    return tuple(Value.of(word, span) for word in given)


def _environment(
    compose: Compose, service: Service, tracer: Tracer
) -> tuple[dict[str, Value[Any]], Unknown | None]:
    found: dict[str, Value[Any]] = {}
    rest: Unknown | None = None
    for name in service.env_files:
        path = normpath(join(compose.folder, name))
        try:
            text = tracer.tree.text(path) if path in tracer.tree else None
        except Refused:
            text = None
        if text is None:
            rest = rest or Unknown(f"{name} is not in the repository", service.span)
        else:
            found.update(env_file(path, text))
    return {**found, **service.environment}, rest


def env_file(path: str, text: str) -> Iterator[tuple[str, Value[str]]]:
    """`NAME=value` lines."""
    for number, line in enumerate(text.split("\n"), 1):
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and name and not name.startswith("#"):
            yield name.strip(), Value.of(value.strip().strip("\"'"), Span(path, number))


# --- programs of a host


def from_programs(tracer: Tracer, stacks: Sequence[Stack]) -> Iterator[Process]:
    """Procfile lines and units. Programs of supervisor and s6 are found through whatever starts those."""
    beanstalk = _beanstalk(tracer, stacks)
    for program in tracer.pipeline.programs:
        if program.kind in ("procfile", "systemd"):
            yield _program(program, tracer, beanstalk)
    if beanstalk and not any(each.kind == "procfile" for each in tracer.pipeline.programs):
        yield _default_beanstalk(tracer, beanstalk)


def _program(program: Program, tracer: Tracer, beanstalk: _Beanstalk | None) -> Process:
    is_beanstalk = program.kind == "procfile" and beanstalk is not None
    given: Mapping[str, Value[Any]] = {
        **(beanstalk.environment if beanstalk and is_beanstalk else {}),
        **program.environment,
    }
    rest: Unknown | None = None
    if program.kind == "procfile" and not is_beanstalk:
        rest = Unknown("the platform sets more variables", program.span)
    elif is_beanstalk and beanstalk:
        rest = beanstalk.rest
    elif program.env_files:
        rest = Unknown(f"{program.env_files[0]} is not in the repository", program.span)
    state = State(dict(given), rest, folder=program.folder if not program.folder.startswith("/") else "")
    trace = Trace()
    tracer.script(program.script.commands, state, trace, program.script.span.path)
    process = Process(
        f"{program.span.path}/{program.name}",
        "beanstalk" if is_beanstalk else "procfile" if program.kind == "procfile" else "systemd",
        program.span,
        tuple(trace.servers),
        trace.unknown,
        given,
        rest,
        replicas=Value.not_known("the platform decides how many run", program.span)
        if program.kind == "procfile"
        else Value.of(program.processes, program.span, written=False),
        is_oneshot=program.is_oneshot,
        resource=beanstalk.resource if beanstalk and is_beanstalk else None,
    )
    if is_beanstalk and process.is_web:
        hop = Hop("nginx", "Elastic Beanstalk runs nginx on the same instance", program.span, True)
        return replace(process, hops=(hop,))
    return replace(process, hops=in_front_of_host(process, tracer.pipeline))


# --- Elastic Beanstalk


class _Beanstalk:
    """What option settings of `.ebextensions` and of stacks say together."""

    def __init__(self) -> None:
        self.environment: dict[str, Value[Any]] = {}
        self.rest: Unknown | None = None
        self.resource: Resource | None = None
        self.wsgi: Value[Any] | None = None
        self.span = Span("")

    def take(self, namespace: object, name: object, value: Value[Any], span: Span) -> None:
        self.span = self.span if self.span.path else span
        if namespace == "aws:elasticbeanstalk:application:environment" and isinstance(name, str):
            self.environment[name] = value
        elif str(namespace).startswith("aws:elasticbeanstalk:container:python") and name == "WSGIPath":
            self.wsgi = value


def _beanstalk(tracer: Tracer, stacks: Sequence[Stack]) -> _Beanstalk | None:
    found = _Beanstalk()
    for file in tracer.pipeline.beanstalk:
        for option in file.options:
            found.take(option.namespace, option.name, option.value, option.span)
    for stack in stacks:
        for resource in stack.of_type(
            "aws_elastic_beanstalk_environment", "AWS::ElasticBeanstalk::Environment"
        ):
            found.resource = found.resource or resource
            found.span = found.span if found.span.path else resource.span
            is_terraform = resource.dialect == "terraform"
            objects, doubt = members(resource.attr("setting" if is_terraform else "OptionSettings"))
            found.rest = found.rest or doubt
            for each in objects:
                name = field(each, "name" if is_terraform else "OptionName")
                found.take(field(each, "namespace").only(""), name.only(""), field(each, "value"), name.span)
    is_used = bool(tracer.pipeline.beanstalk) or found.resource is not None
    return found if is_used else None


def _default_beanstalk(tracer: Tracer, found: _Beanstalk) -> Process:
    """Without a Procfile the Python platform starts gunicorn for `WSGIPath`."""
    state = State(dict(found.environment), found.rest)
    path = found.wsgi.only("") if found.wsgi else ""
    application = str(path or "application").replace(".py", "").replace("/", ".")
    words = tuple(
        Value.of(word, found.span) for word in ("gunicorn", "--bind", "127.0.0.1:8000", application)
    )
    trace = Trace()
    tracer.run(words, state, trace, found.span)
    hop = Hop("nginx", "Elastic Beanstalk runs nginx on the same instance", found.span, True)
    return Process(
        "beanstalk",
        "beanstalk",
        found.span,
        tuple(trace.servers),
        trace.unknown,
        found.environment,
        found.rest,
        replicas=Value.not_known("an Auto Scaling group decides how many run", found.span),
        hops=(hop,),
        resource=found.resource,
    )


# --- Copilot, App Runner, Zappa


def from_platforms(tracer: Tracer) -> Iterator[Process]:
    for manifest in tracer.pipeline.copilot:
        yield _copilot(manifest, tracer)
    for runner in tracer.pipeline.app_runner:
        span = Span(runner.path, 1)
        state = State(dict(runner.variables), Unknown("the service may set more variables", span))
        trace = Trace()
        if runner.command:
            tracer.script(runner.command.commands, state, trace, runner.path)
        hop = Hop("balancer", "App Runner terminates TLS in front of it", span)
        yield Process(
            runner.path,
            "app-runner",
            span,
            tuple(trace.servers),
            trace.unknown,
            runner.variables,
            state.rest,
            replicas=Value.not_known("App Runner scales by itself", span),
            hops=(hop,),
            ports=(runner.port,) if runner.port else (),
        )
    for stage in tracer.pipeline.zappa:
        server = Server(
            "handler", stage.span, "zappa", "zappa.handler.lambda_handler", environment=stage.variables
        )
        hop = Hop("api-gateway", "Zappa puts API Gateway in front of the function", stage.span)
        yield Process(
            f"{stage.path}/{stage.name}",
            "zappa",
            stage.span,
            (server,),
            None,
            stage.variables,
            None,
            settings_module=stage.settings_module,
            replicas=Value.not_known("Lambda runs as many copies as there are requests", stage.span),
            hops=(hop,),
            deployment=stage.name,
        )


def _copilot(manifest: Copilot, tracer: Tracer) -> Process:
    build = tracer.images.build(".", manifest.dockerfile) if manifest.dockerfile else None
    secrets = dict.fromkeys(manifest.secrets, manifest.span)
    rest = Unknown("Copilot sets more variables", manifest.span)
    state = State(dict(manifest.variables), rest, build=build, secrets=secrets)
    trace = tracer.container(
        _words(manifest.entrypoint, manifest.span),
        _words(manifest.command, manifest.span),
        state,
        manifest.span,
    )
    is_balanced = manifest.kind in ("Load Balanced Web Service", "Request-Driven Web Service")
    hop = Hop("balancer", "Copilot puts a load balancer in front of it", manifest.span)
    return Process(
        manifest.path,
        "copilot",
        manifest.span,
        tuple(trace.servers),
        trace.unknown,
        manifest.variables,
        rest,
        secrets,
        replicas=manifest.count or Value.of(1, manifest.span, written=False),
        hops=(hop,) if is_balanced else (),
        ports=(manifest.port,) if manifest.port else (),
        dockerfile=build.dockerfile if build else None,
        stage=build.stage if build else None,
        is_oneshot=manifest.kind == "Scheduled Job",
    )
