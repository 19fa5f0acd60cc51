"""Servers and load balancers that wait for different times."""

from __future__ import annotations

from collections.abc import Iterator

from djaws.model.cloud import Attr, Resource, Stack, View, members
from djaws.model.processes import Process, Server
from djaws.model.system import System
from djaws.model.value import Value, combine
from djaws.policy import Verdicts, finding, policy

from .model import is_terraform, once


class Balancer(View):
    types = ("aws_lb", "aws_alb", "AWS::ElasticLoadBalancingV2::LoadBalancer")
    kind = Attr(str, tf="load_balancer_type", cfn="Type", default="application")

    @property
    def idle(self) -> Value[int]:
        """For how many seconds it waits for an answer, and keeps an idle connection: 60 unless set."""
        if is_terraform(self.resource):
            return self.resource.attr("idle_timeout").or_default(60).map(_number)
        attributes = self.resource.attr("LoadBalancerAttributes")
        objects, more = members(attributes)
        for each in objects:
            if each.get("Key").only(None) == "idle_timeout.timeout_seconds":
                return each.get("Value").map(_number)
        return Value((), more) if more else Value.of(60, self.span, written=False)


def _number(data: object) -> int:
    return int(str(data)) if str(data).isdigit() else -1


@policy(
    "Server and load balancer that wait for different times",
    severity="low",
    confidence="medium",
    pillar="reliability",
    languages=("terraform", "cloudformation"),
    advice=("A8.1",),
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
)
def inconsistent_timeouts(system: System) -> Verdicts:
    """gunicorn's sync workers may work on a request for longer (`--timeout`) than the load balancer waits for the answer; or a
    server closes idle connections before the load balancer does (`--keep-alive`), which goes on using them.

    Only where the load balancer sends requests straight to the server: nginx between them keeps its own connections. Sync
    workers keep none, so their keep-alive does not matter; for other workers `--timeout` is no limit of a request.

    ## Why

    The visitor gets 504, while the worker goes on for nobody. Or, now and then, 502: the request went to a connection that the
    server was just closing.

    ## Fix: Terraform

    ```hcl
    idle_timeout = 60 # above gunicorn's --timeout, below its --keep-alive
    ```

    ## Fix: CloudFormation

    ```yaml
    LoadBalancerAttributes:
      - {Key: idle_timeout.timeout_seconds, Value: "60"}
    ```

    ## Fix: the server

    ```
    gunicorn shop.wsgi --timeout 30                      # sync workers
    gunicorn shop.wsgi --threads 8 --keep-alive 75       # threads
    uvicorn shop.asgi:application --timeout-keep-alive 75
    ```
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for process in system.processes:
        hop = process.hop
        if hop.kind != "balancer" or hop.resource is None or process.stack is None:
            continue
        if any(server.kind == "nginx" for server in process.servers):
            continue
        for balancer in _balancers(process.stack, hop.resource):
            for server in process.servers:
                yield from _compared(process, server, balancer)


def _balancers(stack: Stack, group: Resource) -> Iterator[Balancer]:
    """The application load balancers whose listeners send requests to a target group."""
    listeners = list(stack.referrers(group))
    for rule in listeners[:]:
        listeners += stack.resolve(rule.attr("listener_arn" if is_terraform(rule) else "ListenerArn"))
    found = {
        balancer.address: balancer
        for listener in listeners
        for balancer in stack.resolve(
            listener.attr("load_balancer_arn" if is_terraform(listener) else "LoadBalancerArn")
        )
        if balancer.type in Balancer.types and not balancer.is_data
    }
    for resource in found.values():
        view = Balancer(resource, stack)
        if view.kind.always(lambda kind: kind == "application"):
            yield view


def _compared(process: Process, server: Server, balancer: Balancer) -> Verdicts:
    if server.kind == "gunicorn" and _is_sync(server):
        limit = server.option("timeout").or_default(30).map(_number)
        pairs = combine(lambda a, b: (a, b), limit, balancer.idle, span=limit.span)
        for pair in pairs.sometimes(lambda both: both[0] > both[1] > 0)[:1]:
            yield finding(
                limit.span if limit.span.path else server.span,
                f"gunicorn works on a request of {process.name} for up to {pair.value[0]} seconds, and {balancer.subject} "
                f"waits for {pair.value[1]}",
                subject=process.name,
                related=[(balancer.idle.span, "the load balancer's idle timeout")],
                guard=pair.guard,
            )
        return
    kept = _keep_alive(server)
    if kept is None:
        return
    pairs = combine(lambda a, b: (a, b), kept, balancer.idle, span=kept.span)
    for pair in pairs.sometimes(lambda both: 0 <= both[0] < both[1])[:1]:
        yield finding(
            kept.span if kept.span.path else server.span,
            f"{server.kind} closes idle connections of {process.name} after {pair.value[0]} seconds, and {balancer.subject} "
            f"uses them for {pair.value[1]}",
            subject=process.name,
            related=[(balancer.idle.span, "the load balancer's idle timeout")],
            guard=pair.guard,
        )


def _is_sync(server: Server) -> bool:
    workers, threads = server.option("worker-class"), server.option("threads")
    return workers.always(lambda name: name in (None, "sync")) and threads.always(
        lambda count: count is None or str(count) == "1"
    )


def _keep_alive(server: Server) -> Value[int] | None:
    """For how many seconds a server that keeps connections keeps an idle one; None for one that keeps none, or is unknown."""
    if server.kind == "uvicorn":
        return server.option("timeout-keep-alive").or_default(5).map(_number)
    if server.kind != "gunicorn":
        return None
    workers, threads = server.option("worker-class"), server.option("threads")
    is_other = workers.always(lambda name: name not in (None, "sync"))
    has_threads = workers.always(lambda name: name is None or name == "sync") and threads.always(
        lambda count: str(count).isdigit() and int(str(count)) > 1
    )
    if not is_other and not has_threads:
        return None
    return server.option("keep-alive").or_default(2).map(_number)
