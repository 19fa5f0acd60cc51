"""Web servers and workers that can only be scaled together."""

from __future__ import annotations

from djaws.model.processes import Process
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy

from .model import once


@policy(
    "Web server and worker in one unit",
    severity="low",
    confidence="medium",
    pillar="performance",
    languages=("terraform", "cloudformation", "pipeline"),
    default="advice",
    advice=("A8.3",),
    source="AWS Well-Architected Framework, REL03-BP01",
)
def unseparated_components(system: System) -> Verdicts:
    """One container, or one ECS task, runs the web server and a background worker (Celery, RQ, Huey, …): they are scaled,
    deployed and lost together.

    Advice: a small site may well do this. Compose files and platforms that run each process by itself are left alone.

    ## Why

    More visitors need more web servers, a long queue needs more workers. Together, each pays for the other; and a worker that
    runs out of memory takes the website with it.

    ## Fix: Terraform

    A task definition and a service for each: `module "web"` and `module "worker"` of the same module, with different commands.

    ## Fix: CloudFormation

    Two `AWS::ECS::TaskDefinition` with two `AWS::ECS::Service`.

    ## Fix: Dockerfile

    One image, and the command given by whoever runs it, instead of a supervisor in the image.
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    tasks: dict[tuple[str, str], list[Process]] = {}
    for process in system.processes:
        if process.origin == "ecs" and process.resource is not None and process.stack is not None:
            tasks.setdefault((process.stack.path, process.resource.address), []).append(process)
        elif process.origin in ("image", "app-runner"):
            yield from _unit([process], process.name)
    for (_, address), containers in tasks.items():
        yield from _unit(containers, address)


def _unit(processes: list[Process], name: str) -> Verdicts:
    servers = [server for process in processes for server in process.servers if not server.conditions]
    web = next((server for server in servers if server.is_web), None)
    background = next((server for server in servers if server.is_worker or server.is_beat), None)
    if web is None or background is None:
        return
    what = "a worker" if background.is_worker else "Celery's beat"
    yield finding(
        background.span,
        f"{name} runs {what} beside the web server: they can only be scaled together",
        subject=name,
        related=[(web.span, "the web server")],
    )
