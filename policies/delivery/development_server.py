"""Development servers that answer real customers."""

from __future__ import annotations

from djaws.finding import Span
from djaws.model.processes import Process, Server
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from .model import is_nonproduction, is_production, words

_DEVELOPMENT = frozenset(
    {"dev", "devel", "development", "local", "test", "tests", "testing", "ci", "debug", "devcontainer", "e2e"}
)
_RUNSERVER = ("runserver", "runserver_plus", "testserver")


@policy(
    "Development server in production",
    severity="high",
    pillar="security",
    languages=("pipeline", "terraform", "cloudformation"),
    advice=("A7.2", "A2.1"),
    source="Django documentation, runserver: not for production",
)
def development_server(system: System) -> Verdicts:
    """A container, a unit or a Procfile's `web` starts Django with `runserver`, or its server with `--reload`.

    Compose files count when their name says production. Dockerfiles, Procfiles and stacks for development or tests are left
    alone; an image that nothing here starts counts only when nothing else in the repository starts a real server. It does not decide
    where a variable that is not known chooses.

    ## Why

    `runserver` handles one failure badly and many requests worse; its authors say that it has gone through no security audit.

    ## Fix: Dockerfile

    ```dockerfile
    CMD ["gunicorn", "config.wsgi:application", "--workers", "3"]
    ```

    ## Fix: Terraform

    ```hcl
    command = ["gunicorn", "config.wsgi:application"]
    ```
    """
    has_server = any(_is_real(server) for process in system.processes for server in process.servers)
    said: set[Span] = set()
    for process in system.processes:
        if process.is_oneshot or not _is_production(system, process):
            continue
        for server in process.servers:
            wrong = _wrong(server)
            if not wrong or server.span in said:
                continue
            said.add(server.span)
            doubt = _doubt(process, server, has_server)
            if doubt:
                yield undecided(server.span, doubt)
            else:
                yield finding(
                    server.span,
                    f"{process.name} is started {wrong}",
                    subject=process.name,
                    confidence="medium" if process.origin == "image" else None,
                )


def _wrong(server: Server) -> str:
    if server.kind == "manage" and server.subcommand in _RUNSERVER:
        return f"with {server.subcommand}, the development server"
    if server.kind in ("gunicorn", "uvicorn", "hypercorn"):
        value = server.options.get("reload")
        if value is not None and value.always(lambda on: on not in (None, False, "false", "False", "")):
            return f"with {server.kind} --reload, which is for development"
    return ""


def _is_real(server: Server) -> bool:
    return server.is_web and not _wrong(server)


def _is_production(system: System, process: Process) -> bool:
    """Whether a process runs in production for all that its names say."""
    names = words(f"{process.span.path} {process.dockerfile.path if process.dockerfile else ''}")
    if process.origin == "compose":
        return is_production(process.deployment)
    if not names.isdisjoint(_DEVELOPMENT) or ".devcontainer/" in process.span.path:
        return False
    if process.origin == "procfile":
        return process.name.rpartition("/")[2] == "web" and process.span.path.endswith("Procfile")
    if process.stage is not None and not words(process.stage.name).isdisjoint(_DEVELOPMENT):
        return False
    resource = process.resource
    return not (
        is_nonproduction(process.name, system) or (resource and is_nonproduction(resource.name, system))
    )


def _doubt(process: Process, server: Server, has_server: bool) -> str:
    if server.conditions:
        return f"it is started only when {server.conditions[0].text[:80]}"
    if process.origin == "image" and has_server:
        return "nothing here runs the image, and something else starts a real server"
    return ""
