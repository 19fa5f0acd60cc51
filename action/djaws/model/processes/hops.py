"""What stands in front of a process: nginx beside it, a target group, an API, nothing, or nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from djaws.model.cloud import Resource, Stack
from djaws.model.pipeline import Nginx, Pipeline
from djaws.model.processes.documents import field, members
from djaws.model.processes.images import Images
from djaws.model.processes.types import Hop, Process
from djaws.model.value import Value

_TARGET_GROUPS = ("aws_lb_target_group", "aws_alb_target_group", "AWS::ElasticLoadBalancingV2::TargetGroup")
_LOOPBACK = re.compile(r"^(127\.\d+\.\d+\.\d+|localhost|\[::1\]|0\.0\.0\.0)?(:\d+)?$")


# --- nginx


def address_of(process: Process) -> tuple[str, ...]:
    """Where the process's web servers listen: `0.0.0.0:8000`, `unix:/run/x.sock`, `:8000`."""
    found: list[str] = []
    for server in process.servers:
        if server.is_web:
            for name in ("bind", "http", "http-socket", "socket", "unix-socket", "uds"):
                value = server.options.get(name)
                found += str(value.only("") or "").split(",") if value else []
            if "port" in server.options:
                found.append(
                    f"{server.option('host', 'bind').only('') or ''}:{server.option('port').only('')}"
                )
            if server.kind == "manage":
                found += [each for each in server.arguments if re.search(r"\d$", each)]
    return tuple(each for each in found if each)


def passes_to(nginx: Nginx, addresses: Iterable[str], names: Iterable[str] = ()) -> bool:
    """Whether the configuration hands requests to one of the addresses, or to a host of one of the names."""
    targets = [each.removeprefix("http:").strip("/") for each in nginx.targets()]
    sockets = {_socket(each) for each in targets if "unix:" in each}
    ports = {each.rpartition(":")[2] for each in targets if _LOOPBACK.match(each) and ":" in each}
    hosts = {each.partition(":")[0] for each in targets}
    for address in addresses:
        if "/" in address and _socket(address) in sockets:
            return True
        if address.rpartition(":")[2] in ports and "/" not in address:
            return True
    return any(name in hosts for name in names if name)


def _socket(address: str) -> str:
    """A socket's path without scheme: `unix:///run/x.sock` and `unix:/run/x.sock:` are the same."""
    return "/" + address.removeprefix("unix:").strip("/").rstrip(":")


def local_nginx(process: Process, pipeline: Pipeline) -> Hop | None:
    """nginx in the same container or on the same host: it runs there too, or its configuration names a loopback address."""
    if not any(server.is_web for server in process.servers):
        return None
    runs_here = next((server for server in process.servers if server.kind == "nginx"), None)
    addresses = address_of(process)
    for nginx in pipeline.nginx:
        if runs_here and passes_to(nginx, addresses):
            return Hop(
                "nginx",
                "nginx runs beside it and passes requests on",
                nginx.passes[0].span,
                True,
                nginx=nginx,
            )
    if runs_here:
        return Hop("nginx", "nginx runs beside it", runs_here.span, True)
    return None


# --- ECS


def in_front_of_task(
    process: Process, name: str, siblings: Mapping[str, Value[Any]], pipeline: Pipeline, images: Images
) -> tuple[Hop, ...]:
    """From the container outwards: nginx beside it, then the service's load balancer."""
    inner = local_nginx(process, pipeline)
    sidecar, front = (None, name) if inner else _sidecar(process, siblings, pipeline, images)
    outer = tuple(_balancers(process, front or name))
    near = tuple(hop for hop in (inner, sidecar) if hop)
    if outer or near:
        return (*near, *outer)
    if not process.services:
        return ()
    if any(_balancing(service).unknown for service in process.services):
        return ()
    return (Hop("none", "its service has no load balancer", process.services[0].span),)


def _sidecar(
    process: Process, siblings: Mapping[str, Value[Any]], pipeline: Pipeline, images: Images
) -> tuple[Hop | None, str]:
    """Another container of the task that is nginx and passes requests to this one."""
    for name, image in siblings.items():
        build = images.of(image)
        is_nginx = (
            "nginx" in name
            or image.sometimes(lambda text: isinstance(text, str) and "nginx" in text)
            or (
                build
                and build.stage
                and build.stage.root_base.sometimes(lambda base: base.startswith("nginx"))
            )
        )
        if not is_nginx:
            continue
        addresses = [*address_of(process), *(f":{port}" for port in process.ports)]
        for nginx in pipeline.nginx:
            if passes_to(nginx, addresses, [process.name.rpartition("/")[2]]):
                hop = Hop(
                    "nginx", f"container {name} passes requests on", nginx.passes[0].span, True, nginx=nginx
                )
                return hop, name
    return None, ""


def _balancing(service: Resource) -> Value[Any]:
    return service.attr("load_balancer" if service.dialect == "terraform" else "LoadBalancers")


def _balancers(process: Process, container: str) -> Iterator[Hop]:
    stack = process.stack
    for service in process.services if stack else ():
        objects, _ = members(_balancing(service))
        for each in objects:
            name = field(each, "container_name", "ContainerName").only("")
            group = field(each, "target_group_arn", "TargetGroupArn")
            if name in ("", container) and stack:
                yield _balancer(stack, service, group)


def _balancer(stack: Stack, service: Resource, group: Value[Any]) -> Hop:
    found = next((each for each in stack.resolve(group) if each.type in _TARGET_GROUPS), None)
    span = group.span if group.span.path else service.span
    return Hop("balancer", "a target group sends requests to it", span, resource=found)


# --- Lambda

_APIS = {
    "aws_api_gateway_integration": "api-gateway",
    "aws_apigatewayv2_integration": "api-gateway",
    "AWS::ApiGateway::Method": "api-gateway",
    "AWS::ApiGatewayV2::Integration": "api-gateway",
    "AWS::ApiGateway::RestApi": "api-gateway",
    "AWS::Serverless::Api": "api-gateway",
    "AWS::Serverless::HttpApi": "api-gateway",
    "aws_lb_target_group_attachment": "balancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "balancer",
    "aws_lambda_function_url": "function-url",
    "AWS::Lambda::Url": "function-url",
}


def in_front_of_function(process: Process) -> tuple[Hop, ...]:
    """The API, load balancer or URL that calls a function; nothing is said when none is seen."""
    if process.stack is None or process.resource is None:
        return ()
    found: list[Hop] = []
    for each in process.stack.referrers(process.resource):
        kind = _APIS.get(each.type)
        if kind:
            found.append(Hop(kind, f"{each.address} calls it", each.span, resource=each))  # type: ignore[arg-type]
    if process.resource.type == "AWS::Serverless::Function":
        found += _events(process.resource)
    return tuple(found)


def _events(function: Resource) -> Iterator[Hop]:
    events, _ = members(function.attr("Events"))
    for group in events:
        for value in group.entries.values():
            for event in members(value)[0]:
                if event.get("Type").only("") in ("Api", "HttpApi"):
                    yield Hop(
                        "api-gateway", "an API event calls it", event.get("Type").span, resource=function
                    )
    if not function.attr("FunctionUrlConfig").is_absent:
        yield Hop(
            "function-url",
            "a function URL calls it",
            function.attr("FunctionUrlConfig").span,
            resource=function,
        )


# --- hosts and compose


def in_front_of_host(process: Process, pipeline: Pipeline) -> tuple[Hop, ...]:
    """nginx on the same host, when a configuration of the repository passes requests to the process's own address."""
    inner = local_nginx(process, pipeline)
    if inner:
        return (inner,)
    for nginx in pipeline.nginx:
        if passes_to(nginx, address_of(process)):
            return (
                Hop(
                    "nginx",
                    "nginx on the same host passes requests on",
                    nginx.passes[0].span,
                    True,
                    nginx=nginx,
                ),
            )
    return ()


def between_services(processes: Sequence[Process], pipeline: Pipeline) -> tuple[Process, ...]:
    """Compose services with the nginx service in front of them: another host, unless nginx runs in the same container."""
    found = []
    for process in processes:
        inner = local_nginx(process, pipeline)
        name = process.name.rpartition("/")[2]
        hops = [inner] if inner else []
        for nginx in pipeline.nginx if not inner else ():
            if passes_to(nginx, (), (name,)):
                because = "the nginx service passes requests on"
                hops.append(Hop("nginx", because, nginx.passes[0].span, nginx=nginx))
                break
        found.append(replace(process, hops=tuple(hops)) if hops else process)
    return tuple(found)
