"""Processes that stacks declare: containers of ECS task definitions, Lambda functions, App Runner services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from djaws.finding import Span
from djaws.model.cloud import Resource, Stack, descend
from djaws.model.processes.documents import field, members, names_and_values, structures, texts
from djaws.model.processes.hops import in_front_of_function, in_front_of_task
from djaws.model.processes.images import Images, is_foreign
from djaws.model.processes.trace import State, Trace, Tracer
from djaws.model.processes.types import Hop, Process, Server
from djaws.model.value import Guard, Map, Unknown, Value

TASKS = ("aws_ecs_task_definition", "AWS::ECS::TaskDefinition")
SERVICES = ("aws_ecs_service", "AWS::ECS::Service")
FUNCTIONS = ("aws_lambda_function", "AWS::Lambda::Function", "AWS::Serverless::Function")
APP_RUNNERS = ("aws_apprunner_service", "AWS::AppRunner::Service")


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a task definition. `body` is its definition as data.

    Parts of a text that is known in part stand at the `vague` place, that of what is unknown in it.
    """

    name: str
    body: Map
    span: Span
    guard: Guard
    vague: Span | None = None

    def placed(self, value: Value[Any]) -> Value[Any]:
        """The value at the container's own place when all that is known of its place is vague."""
        return value.at(self.span) if value.is_known and value.span == self.vague else value

    @property
    def image(self) -> Value[Any]:
        return field(self.body, "image")

    @property
    def ports(self) -> tuple[str, ...]:
        objects, _ = members(field(self.body, "portMappings"))
        return tuple(
            str(port) for each in objects if (port := field(each, "containerPort").only(None)) is not None
        )


def read(resource: Resource, *paths: str) -> Value[Any]:
    """The attribute under its Terraform or its CloudFormation name: the first for the one, the second for the other."""
    return resource.attr(paths[0] if resource.dialect == "terraform" else paths[-1])


def containers(task: Resource) -> tuple[tuple[Container, ...], Unknown | None]:
    """The containers of a task definition, over all its possible definitions, and why there may be others."""
    definitions = read(task, "container_definitions", "ContainerDefinitions")
    found: list[Container] = []
    doubt: Unknown | None = None
    is_read = False
    vague = definitions.unknown.span if definitions.unknown else None
    for data, span, guard in structures(definitions):
        is_read = True
        objects, more = members(Value.of(data, span))
        doubt = doubt or more
        for each in objects:
            name = field(each, "name")
            place = name.span if name.span.path and name.span != vague else task.span
            found.append(Container(str(name.only("") or ""), each, place, guard, vague))
    if not is_read:
        doubt = definitions.unknown or Unknown("its container definitions are no JSON", definitions.span)
    elif definitions.alternatives:
        doubt = doubt or definitions.unknown
    return tuple(found), doubt


def from_stack(stack: Stack, tracer: Tracer) -> Iterator[Process]:
    for task in stack.of_type(*TASKS):
        yield from _task(stack, task, tracer)
    for function in stack.of_type(*FUNCTIONS):
        yield _function(stack, function, tracer)
    for service in stack.of_type(*APP_RUNNERS):
        yield from _app_runner(stack, service, tracer)


# --- ECS


def _task(stack: Stack, task: Resource, tracer: Tracer) -> Iterator[Process]:
    found, doubt = containers(task)
    services = tuple(each for each in stack.referrers(task) if each.type in SERVICES)
    if not found and doubt:
        yield Process(
            task.address,
            "ecs",
            task.span,
            unknown=doubt,
            resource=task,
            services=services,
            stack=stack,
            guard=task.guard,
        )
    for container in found:
        yield _container(stack, task, container, found, services, tracer)


def _container(
    stack: Stack,
    task: Resource,
    container: Container,
    siblings: Sequence[Container],
    services: tuple[Resource, ...],
    tracer: Tracer,
) -> Process:
    variables, rest = names_and_values(field(container.body, "environment"))
    environment = {name: container.placed(value) for name, value in variables.items()}
    files = field(container.body, "environmentFiles")
    if not files.is_absent and members(files)[0]:
        rest = rest or Unknown("environment files set more variables", files.span)
    secrets = _secrets(container)
    state, build = _state(environment, rest, secrets, container.image, tracer.images)
    trace = _traced(container, state, tracer)
    process = Process(
        f"{task.address}/{container.name}" if container.name else task.address,
        "ecs",
        container.span,
        tuple(trace.servers),
        trace.unknown,
        environment,
        rest,
        secrets,
        replicas=_replicas(stack, services, task.span),
        ports=container.ports,
        image=container.image,
        dockerfile=build.dockerfile if build else None,
        stage=build.stage if build else None,
        resource=task,
        services=services,
        stack=stack,
        guard=container.guard & task.guard or task.guard,
    )
    others = {each.name: each.image for each in siblings if each is not container}
    return replace(
        process, hops=in_front_of_task(process, container.name, others, tracer.pipeline, tracer.images)
    )


def _secrets(container: Container) -> dict[str, Span]:
    found, _ = names_and_values(field(container.body, "secrets"))
    return {name: container.placed(value).span for name, value in found.items()}


def _state(
    environment: Mapping[str, Value[Any]],
    rest: Unknown | None,
    secrets: Mapping[str, Span],
    image: Value[Any],
    images: Images,
) -> tuple[State, Any]:
    build = images.of(image) if not image.is_absent else None
    return State(dict(environment), rest, build=build, secrets=secrets), build


def _traced(container: Container, state: State, tracer: Tracer) -> Trace:
    entrypoint = texts(field(container.body, "entryPoint"))
    command = texts(field(container.body, "command"))
    for words in (entrypoint, command):
        if isinstance(words, Unknown):
            return Trace(unknown=words)
    if is_foreign(container.image) and not command:
        return Trace(servers=list(_foreign(container)))
    return tracer.container(
        _placed(container, entrypoint), _placed(container, command), state, container.span
    )


def _placed(
    container: Container, words: tuple[Value[str], ...] | Unknown | None
) -> tuple[Value[str], ...] | None:
    return tuple(map(container.placed, words)) if isinstance(words, tuple) else None


def _foreign(container: Container) -> Iterator[Server]:
    """Of the images that are not the repository's own, only nginx matters: it stands in front of others."""
    name = str(container.image.only("") or "")
    if "nginx" in name:
        yield Server("nginx", container.span, name)


_SCALING = ("aws_appautoscaling_target", "AWS::ApplicationAutoScaling::ScalableTarget")


def _replicas(stack: Stack, services: Sequence[Resource], span: Span) -> Value[Any]:
    """How many tasks can run: the services' desired counts and the bounds that they scale between."""
    if not services:
        return Value.not_known("no service in this stack runs the task", span)
    counts = [read(each, "desired_count", "DesiredCount") for each in services]
    for service in services:
        for target in stack.referrers(service):
            if target.type in _SCALING:
                counts.append(read(target, "min_capacity", "MinCapacity"))
                counts.append(read(target, "max_capacity", "MaxCapacity"))
    found = Value.either(*counts).map(_as_number)
    lifecycle = next((each for each in services if _is_ignored(each)), None)
    if lifecycle is None or len(counts) > len(services):
        return found
    unknown = Unknown("its lifecycle leaves the count to whoever changes it", lifecycle.span)
    return Value(found.alternatives, found.unknown or unknown)


def _is_ignored(service: Resource) -> bool:
    """Whether Terraform leaves the desired count alone."""
    ignored = descend(service.meta, ["lifecycle", "ignore_changes"], service.span)
    words = texts(ignored)
    return isinstance(words, tuple) and any(word.only("") in ("desired_count", "all") for word in words)


def _as_number(data: Any) -> Any:
    return int(data) if isinstance(data, str) and data.isdigit() else data


# --- Lambda


def _function(stack: Stack, function: Resource, tracer: Tracer) -> Process:
    environment, rest = _function_environment(function)
    image = (
        read(function, "image_uri", "ImageUri") if function.dialect == "terraform" else _cfn_image(function)
    )
    handler = read(function, "handler", "Handler")
    command = texts(read(function, "image_config.command", "ImageConfig.Command"))
    if handler.is_absent and isinstance(command, tuple) and command:
        handler = command[0]
    state, build = _state(environment, rest, {}, image, tracer.images)
    servers: tuple[Server, ...] = ()
    unknown: Unknown | None = None
    text = handler.only(None)
    if isinstance(text, str):
        servers = (Server("handler", handler.span, text, text, environment=environment),)
    elif build and build.stage and (instruction := build.stage.last("CMD")) and instruction.exec:
        name = instruction.exec[0]
        servers = (Server("handler", instruction.span, name, name, environment=environment),)
    else:
        unknown = handler.unknown or Unknown("nothing names its handler", function.span)
    process = Process(
        function.address,
        "lambda",
        function.span,
        servers,
        unknown,
        environment,
        rest,
        image=image,
        dockerfile=build.dockerfile if build else None,
        stage=build.stage if build else None,
        replicas=Value.not_known("Lambda runs as many copies as there are requests", function.span),
        resource=function,
        stack=stack,
        guard=function.guard,
    )
    return replace(
        process,
        settings_module=_lambda_settings(process, state, tracer),
        hops=in_front_of_function(process),
    )


def _cfn_image(function: Resource) -> Value[Any]:
    image = function.attr("ImageUri")
    return (
        function.attr("Code.ImageUri")
        if image.is_absent and function.type == "AWS::Lambda::Function"
        else image
    )


def _function_environment(function: Resource) -> tuple[dict[str, Value[Any]], Unknown | None]:
    value = read(function, "environment.variables", "Environment.Variables")
    return names_and_values(value) if not value.is_absent else ({}, None)


def _lambda_settings(process: Process, state: State, tracer: Tracer) -> Value[str | None]:
    given = process.variable("DJANGO_SETTINGS_MODULE")
    if not given.is_absent or not process.servers:
        return given
    module = process.servers[0].application.rpartition(".")[0].replace("/", ".")
    return tracer.options.settings_default(module, state) or given


# --- App Runner


def _app_runner(stack: Stack, service: Resource, tracer: Tracer) -> Iterator[Process]:
    base = ("source_configuration.", "SourceConfiguration.")
    kinds = (
        ("image_repository.image_configuration", "ImageRepository.ImageConfiguration", "image"),
        ("code_repository.code_configuration.code_configuration_values", "CodeRepository.CodeConfiguration.CodeConfigurationValues", "code"),
    )  # fmt: skip
    for terraform, cloudformation, kind in kinds:
        configured = read(service, base[0] + terraform, base[1] + cloudformation)
        objects, _ = members(configured)
        image = read(
            service,
            base[0] + "image_repository.image_identifier",
            base[1] + "ImageRepository.ImageIdentifier",
        )
        if not objects and (kind == "code" or image.is_absent):
            continue
        body = objects[0] if objects else Map()
        yield _app_runner_process(stack, service, body, image if kind == "image" else None, tracer)


def _app_runner_process(
    stack: Stack, service: Resource, body: Map, image: Value[Any] | None, tracer: Tracer
) -> Process:
    variables = field(body, "runtime_environment_variables", "RuntimeEnvironmentVariables")
    environment, rest = names_and_values(variables) if not variables.is_absent else ({}, None)
    hidden, _ = names_and_values(field(body, "runtime_environment_secrets", "RuntimeEnvironmentSecrets"))
    secrets = {name: value.span for name, value in hidden.items()}
    state, build = _state(environment, rest, secrets, image or Value.absent(service.span), tracer.images)
    start = field(body, "start_command", "StartCommand")
    text = start.only(None)
    words = tuple(Value.of(word, start.span) for word in text.split()) if isinstance(text, str) else None
    trace = (
        tracer.container(None, words, state, service.span)
        if words or build
        else Trace(unknown=start.unknown or Unknown("nothing says what it starts", service.span))
    )
    hop = Hop(
        "balancer", "App Runner terminates TLS in front of the container", service.span, resource=service
    )
    return Process(
        service.address,
        "app-runner",
        service.span,
        tuple(trace.servers),
        trace.unknown,
        environment,
        rest,
        secrets,
        replicas=Value.not_known("App Runner scales by itself", service.span),
        hops=(hop,),
        image=image,
        dockerfile=build.dockerfile if build else None,
        stage=build.stage if build else None,
        resource=service,
        stack=stack,
        guard=service.guard,
    )
