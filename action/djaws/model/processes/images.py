"""Which Dockerfile builds an image, and which file of the repository a path inside of the image is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from posixpath import basename, dirname, join, normpath
from typing import Any

from djaws.files import Tree
from djaws.model.pipeline import Dockerfile, Pipeline, Stage
from djaws.model.pipeline.shell import Command
from djaws.model.processes.options import Grammar, parse
from djaws.model.value import NOWHERE, Value

#: Images that nobody builds from a Django repository: databases, proxies, agents.
_FOREIGN = re.compile(
    r"(^|/)(postgres|postgis|mysql|mariadb|mongo|redis|valkey|memcached|rabbitmq|nginx|traefik|envoy|haproxy|localstack|"
    r"elasticsearch|opensearch|mailhog|mailpit|minio|selenium|datadog|agent|fluent-bit|aws-for-fluent-bit|xray-daemon|"
    r"aws-xray-daemon|aws-otel-collector|cloudwatch-agent|pgbouncer|busybox|alpine|python|node|amazon-ecs-sample|"
    r"amazon-cloudwatch-agent|dynamodb-local|flower|certbot|grafana|prometheus|vault|consul)(:|@|$)"
)


@dataclass(frozen=True, slots=True)
class Build:
    """A place that builds an image: the Dockerfile, its context and stage, and what the image is called there."""

    dockerfile: Dockerfile
    context: str
    target: str = ""
    names: tuple[str, ...] = ()

    @property
    def stage(self) -> Stage | None:
        return self.dockerfile.target(self.target)


def is_foreign(image: Value[Any]) -> bool:
    """Whether the image is certainly none of the repository's own."""
    return image.always(
        lambda name: isinstance(name, str) and _FOREIGN.search(name.partition("@")[0]) is not None
    )


_DEVELOPMENT = re.compile(
    r"(^|[._-])(dev|development|local|test|tests|testing|ci|lint|docs)([._-]|$)", re.IGNORECASE
)

_BUILD = Grammar(
    {"t": "tag", "f": "file", "o": "output", "q": "quiet"},
    frozenset({"no-cache", "pull", "push", "load", "quiet", "rm", "force-rm", "squash", "compress"}),
)


class Images:
    """The images that a repository builds."""

    def __init__(self, tree: Tree, pipeline: Pipeline) -> None:
        self.tree = tree
        self.pipeline = pipeline
        found = (*self._from_composes(), *self._from_actions(), *self._from_commands())
        keyed = {(each.dockerfile.path, each.context, each.target, each.names): each for each in found}
        self.builds = tuple(keyed.values())

    def build(
        self, context: str, dockerfile: str = "", target: str = "", names: tuple[str, ...] = ()
    ) -> Build | None:
        """The build of a context; a Dockerfile's path is relative to the context, or to the top."""
        context = normpath(context or ".")
        for path in (join(context, dockerfile or "Dockerfile"), dockerfile):
            found = self.pipeline.dockerfile(normpath(path)) if path else None
            if found:
                return Build(found, context, target, names)
        return None

    def of(self, image: Value[Any]) -> Build | None:
        """The build that makes an image, by name; the only Dockerfile when the name says nothing; None when unknown."""
        if is_foreign(image):
            return None
        names = {_repository(text) for text in _texts(image)}
        named = [each for each in self.builds if names & {_repository(name) for name in each.names}]
        if not named:
            named = [
                each
                for dockerfile in self.pipeline.dockerfiles
                if (each := self._by_folder(dockerfile, names)) is not None
            ]
        distinct = {(each.dockerfile.path, each.target) for each in named}
        if len(distinct) == 1:
            return named[0]
        if not distinct and len(self.candidates) == 1:
            return self._only(self.candidates[0])
        return None

    @cached_property
    def named(self) -> dict[str, list[str]]:
        """The files of the repository by the last part of their path."""
        found: dict[str, list[str]] = {}
        for path in self.tree.paths:
            found.setdefault(basename(path), []).append(path)
        return found

    @cached_property
    def candidates(self) -> tuple[Dockerfile, ...]:
        """The Dockerfiles that can build what is deployed: those for development are none, unless there is no other."""
        every = self.pipeline.dockerfiles
        return tuple(each for each in every if not _DEVELOPMENT.search(basename(each.path))) or every

    def _only(self, only: Dockerfile) -> Build:
        return next(
            (each for each in self.builds if each.dockerfile is only), Build(only, dirname(only.path) or ".")
        )

    def _by_folder(self, dockerfile: Dockerfile, names: set[str]) -> Build | None:
        """`api/Dockerfile` and `Dockerfile.api` build an image called `api`, or `something-api`."""
        folder = basename(dockerfile.folder)
        suffix = basename(dockerfile.path).removeprefix("Dockerfile").strip(".")
        for own in filter(None, (suffix, folder)):
            if any(name == own or name.endswith((f"-{own}", f"_{own}")) for name in names):
                return Build(dockerfile, dockerfile.folder or ".")
        return None

    # --- places that build

    def _from_composes(self) -> Iterator[Build]:
        for compose in self.pipeline.composes:
            for service in compose.services:
                if service.has_build:
                    names = tuple(_texts(service.image)) if service.image else ()
                    found = self.build(
                        join(compose.folder, service.context), service.dockerfile, service.target, names
                    )
                    if found:
                        yield found

    def _from_actions(self) -> Iterator[Build]:
        steps = [step for flow in self.pipeline.workflows for job in flow.jobs for step in job.steps]
        steps += [step for action in self.pipeline.actions for step in action.steps]
        for step in steps:
            if step.action == "docker/build-push-action":
                given = step.inputs
                file = _only(given.get("file"))
                names = tuple(_tag_names(given.get("tags")))
                found = self.build(
                    _only(given.get("context")) or ".", file, _only(given.get("target")), names
                )
                if found:
                    yield found

    def _from_commands(self) -> Iterator[Build]:
        commands = [command for command, _ in self.pipeline.commands()]
        commands += [command for script in self.pipeline.scripts.values() for command in script.commands]
        for command in commands:
            if command.name in ("docker", "podman", "buildah") and "build" in command.literals[:4]:
                found = self._built(command)
                if found:
                    yield found

    def _built(self, command: Command) -> Build | None:
        words = list(command.literals)
        parsed = parse(
            [Value.of(word, NOWHERE) for word in words[words.index("build") + 1 :]], _BUILD, NOWHERE
        )

        def given(name: str) -> str:
            return str(parsed.options[name].only("")) if name in parsed.options else ""

        rest = [value.only("") for value in parsed.positional]
        names = tuple(filter(None, given("tag").split(",")))
        found = self.build(".", given("file"), given("target"), names) if given("file") else None
        return found or self.build(rest[-1] if rest else ".", given("file"), given("target"), names)

    # --- files of an image

    def source(self, build: Build | None, path: str, workdir: str = "") -> str:
        """The file of the repository that is at `path` in the image: by COPY, else the only file of that name."""
        inside = path if path.startswith("/") else join(workdir or "/", path)
        if build and build.stage:
            for copy in reversed(build.stage.copies):
                found = self._copied(
                    build, copy.exec or tuple(copy.text.replace("\\\n", " ").split()), inside, copy.flags
                )
                if found:
                    return found
        return self._only_named(path)

    def _copied(self, build: Build, words: tuple[str, ...], inside: str, flags: object) -> str:
        if len(words) < 2 or (isinstance(flags, dict) and "from" in flags):
            return ""
        *sources, target = (word.strip("\"'") for word in words)
        stage = build.stage
        workdir = (stage.workdir.only("") or "/") if stage else "/"
        span = stage.span if stage else None
        if stage and span and "$" in target:
            target = stage.resolve(target, span).only("") or target
        place = normpath(target if target.startswith("/") else join(workdir, target))
        for source in sources:
            origin = normpath(join(build.context, source))
            if origin in self.tree:
                copied = join(place, basename(origin)) if target.endswith(("/", ".")) else place
                if inside in (copied, place):
                    return origin
            elif inside == place or inside.startswith(place.rstrip("/") + "/"):
                candidate = normpath(join(origin, inside[len(place.rstrip("/")) :].lstrip("/")))
                if candidate in self.tree:
                    return candidate
        return ""

    def _only_named(self, path: str) -> str:
        if normpath(path.lstrip("/")) in self.tree:
            return normpath(path.lstrip("/"))
        name = basename(path)
        found = self.named.get(name, [])
        if len(found) > 1:
            tail = "/".join(path.strip("./").split("/")[-2:])
            found = [each for each in found if f"/{each}".endswith(f"/{tail}")]
        return found[0] if len(found) == 1 else ""


def _texts(image: Value[Any] | None) -> Iterator[str]:
    """What the image can be called; of an unknown one the literal pieces that hold a name."""
    for alternative in image.alternatives if image else ():
        if isinstance(alternative.value, str):
            yield alternative.value
    for part in image.unknown.parts if image and image.unknown else ():
        if part and "/" in part:
            yield part.rstrip(":")


def _repository(image: str) -> str:
    """`shop-api` of `123.dkr.ecr.eu-west-1.amazonaws.com/acme/shop-api:1.2@sha256:…`."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _only(value: Value[str] | None) -> str:
    return value.only("") if value else ""


def _tag_names(value: Value[str] | None) -> Iterator[str]:
    for text in _texts(value):
        yield from (line.strip() for line in re.split(r"[,\n]", text) if line.strip())
