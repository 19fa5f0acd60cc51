"""Processes: what really runs in production, from the container, function or unit through image, entry point and shell to
the server with its effective options, the settings module it uses, and the hop in front of it.

Every fact is a `Value` or has a place. What cannot be followed is unknown, with the line that says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from djaws.files import Tree
from djaws.model.cloud import Stack
from djaws.model.pipeline import Pipeline
from djaws.model.processes.containers import from_stack
from djaws.model.processes.hops import local_nginx
from djaws.model.processes.images import Build, Images
from djaws.model.processes.local import from_composes, from_platforms, from_programs
from djaws.model.processes.trace import State, Tracer
from djaws.model.processes.types import Hop, Process, Server
from djaws.model.value import Unknown, Value

__all__ = ["Hop", "Process", "Server", "processes"]


def processes(stacks: Sequence[Stack], pipeline: Pipeline, tree: Tree) -> tuple[Process, ...]:
    """Every process that stacks and files of the repository start.

    An image that nothing here starts is a process too (origin `image`): something elsewhere runs it.
    """
    tracer = Tracer(Images(tree, pipeline), pipeline)
    found = [each for stack in stacks for each in from_stack(stack, tracer)]
    found += from_composes(tracer)
    found += from_programs(tracer, stacks)
    found += from_platforms(tracer)
    found += _unstarted(tracer, found)
    return tuple(_with_settings(each, tracer) for each in found)


def _unstarted(tracer: Tracer, found: Sequence[Process]) -> Iterator[Process]:
    """The final stage of each Dockerfile that no other process runs."""
    started = {each.dockerfile.path for each in found if each.dockerfile}
    for dockerfile in tracer.pipeline.dockerfiles:
        stage = dockerfile.final
        if stage is None or dockerfile.path in started:
            continue
        known = next((each.context for each in tracer.images.builds if each.dockerfile is dockerfile), None)
        build = Build(dockerfile, known or dockerfile.folder or ".")
        last = stage.last("CMD") or stage.last("ENTRYPOINT")
        span = last.span if last else stage.span
        rest = Unknown("whatever runs the image may set more variables", span)
        trace = tracer.container(None, None, State({}, rest, build=build), span)
        process = Process(
            dockerfile.path,
            "image",
            span,
            tuple(trace.servers),
            trace.unknown,
            dict(stage.environment),
            rest,
            replicas=Value.not_known("nothing here runs the image", span),
            dockerfile=dockerfile,
            stage=stage,
        )
        beside = local_nginx(process, tracer.pipeline)
        yield replace(process, hops=(beside,)) if beside else process


def _with_settings(process: Process, tracer: Tracer) -> Process:
    """The settings module of the process: what its servers use, web servers first, else its environment's word."""
    if process.settings_module.alternatives or process.settings_module.unknown:
        return process
    ranked = sorted(process.servers, key=lambda server: (not server.is_web, not server.stays))
    values = [each.settings_module for each in ranked if each.settings_module is not None]
    known = next((value for value in values if not value.is_absent), None)
    given = known or process.variable("DJANGO_SETTINGS_MODULE")
    if given.is_absent:
        given = Value.not_known("nothing in the repository sets DJANGO_SETTINGS_MODULE for it", process.span)
    return replace(process, settings_module=given)
