"""Images that are deployed by a tag that moves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from djaws.finding import Span
from djaws.model.cloud import Resource, Stack, members
from djaws.model.processes.containers import SERVICES, TASKS, containers
from djaws.model.system import System
from djaws.model.value import Guard, Seq, Unknown, Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import is_production, mentioned, words

_FUNCTIONS = ("aws_lambda_function", "AWS::Lambda::Function", "AWS::Serverless::Function")
_MOVING = frozenset(
    {
        *("latest", "main", "master", "develop", "dev", "staging", "production", "prod", "trunk", "edge"),
        *("nightly", "head", "current", "newest"),
    }
)
_OURS = re.compile(r"^(\d{12}|[^/]*)\.dkr\.ecr\.")


@policy(
    "Image that is deployed by a moving tag",
    severity="medium",
    pillar="operations",
    languages=("terraform", "cloudformation", "pipeline"),
    advice=("A7.2",),
    source="AWS Security Hub ECR.2",
)
def mutable_image_tag(system: System) -> Verdicts:
    """A task definition, an image of a Lambda function or a production compose file names its image without a tag, or by one that
    moves: `latest`, or a branch.

    Foreign images (a sidecar's) count for less. A task definition whose containers Terraform ignores is deployed by something
    else: nothing is said of it, nor of a tag that only the run knows.

    ## Why

    Two tasks of one service may run different code, a restart is a deployment that nobody asked for, and there is nothing to roll
    back to.

    ## Fix: Terraform

    ```hcl
    image = "${aws_ecr_repository.web.repository_url}:${var.git_sha}"
    ```

    ## Fix: CloudFormation

    ```yaml
    Image: !Sub "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/web:${Version}"
    ```

    ## Fix: compose

    ```yaml
    image: "registry.example.com/web:${VERSION:?}"
    ```
    """
    said: set[tuple[Span, str]] = set()
    for stack in system.stacks:
        for resource, name, image in _images(stack):
            image = _placed(system, resource, image)
            yield from _judged(system, resource.address, name, image, said, resource.span)
    for compose in system.pipeline.composes:
        if not is_production(compose.path):
            continue
        for service in compose.services:
            if service.image is not None and not service.has_build:
                yield from _judged(
                    system, f"{compose.path}/{service.name}", "", service.image, said, service.span
                )


def _images(stack: Stack) -> Iterator[tuple[Resource, str, Value[Any]]]:
    for task in stack.of_type(*TASKS):
        if not _is_placeholder(stack, task):
            for container in containers(task)[0]:
                yield task, container.name, container.placed(container.image)
    for function in stack.of_type(*_FUNCTIONS):
        if not _ignores(function, "image_uri"):
            names = {"terraform": "image_uri", "AWS::Serverless::Function": "ImageUri"}
            path = names.get(function.dialect) or names.get(function.type) or "Code.ImageUri"
            yield function, "", function.attr(path)


def _placed(system: System, resource: Resource, image: Value[Any]) -> Value[Any]:
    """The image at its own line, with the variables it may come from: a wholly known definition is one text without either."""
    if image.unknown or image.references or resource.type != "aws_ecs_task_definition":
        return image
    variables = tuple(
        each
        for each in resource.attr("container_definitions").references
        if not words(each.address).isdisjoint(_IMAGE_WORDS)
    )
    found = []
    for each in image.alternatives:
        span = _line_of(system, resource, str(each.value)) or each.span
        found.append(replace(each, span=span, references=variables))
    return Value(tuple(found))


_IMAGE_WORDS = frozenset(
    {"image", "images", "tag", "version", "sha", "repository", "ecr", "container", "docker"}
)


def _line_of(system: System, resource: Resource, image: str) -> Span | None:
    """The only line of the resource that holds the image, else its only line that sets one."""
    block = resource.block
    if not block.line or not block.end_line or block.path not in system.tree:
        return None
    lines = system.tree.text(block.path).split("\n")[block.line - 1 : block.end_line]
    for pattern in (re.escape(f'"{image}"'), r"\bimage\"?\s*[=:]"):
        numbers = [at for at, line in enumerate(lines, block.line) if re.search(pattern, line)]
        if len(numbers) == 1:
            return Span(block.path, numbers[0])
    return None


def _is_placeholder(stack: Stack, task: Resource) -> bool:
    """Whether something else registers the revisions that really run."""
    services = [each for each in stack.referrers(task) if each.type in SERVICES]
    return _ignores(task, "container_definitions") or (
        bool(services) and all(_ignores(each, "task_definition") for each in services)
    )


def _ignores(resource: Resource, attribute: str) -> bool:
    if resource.dialect != "terraform":
        return False
    for lifecycle in members(resource.meta.get("lifecycle"))[0]:
        for each in lifecycle.get("ignore_changes").alternatives:
            named = each.value.items if isinstance(each.value, Seq) else (Value.of(each.value, each.span),)
            for item in named:
                text = str(item.only("") or "")
                if text == "all" or text.partition("[")[0].partition(".")[0] == attribute:
                    return True
    return False


def _judged(
    system: System,
    subject: str,
    container: str,
    image: Value[Any],
    said: set[tuple[Span, str]],
    header: Span,
) -> Verdicts:
    who = f"container {container} of {subject}" if container else subject
    for name, moving, is_ours, span, guard in _faults(image):
        place = span if span.path else header
        if (place, name) in said:
            return
        said.add((place, name))
        chosen = _chosen_elsewhere(system, image)
        if chosen:
            yield undecided(place, f"{chosen.path} may choose the image")
            return
        what = f"by the tag {moving}, which moves" if moving else "without a tag, which means latest"
        yield finding(
            place,
            f"{who} runs {name} {what}",
            subject=subject,
            severity=None if is_ours else "low",
            guard=guard,
        )
        return


def _faults(image: Value[Any]) -> Iterator[tuple[str, str, bool, Span, Guard | None]]:
    """The image, its moving tag, whether it is the project's own, where, and when."""
    everywhere = image.always(lambda text: isinstance(text, str) and _moving_tag(text) is not None)
    for each in image.alternatives:
        if isinstance(each.value, str) and each.value:
            tag = _moving_tag(each.value)
            if tag is not None:
                is_ours = bool(_OURS.match(each.value))
                yield each.value, tag, is_ours, each.span, None if everywhere else each.guard
    if image.unknown and not image.alternatives:
        known = _partly_known(image.unknown)
        if known is not None:
            yield known[0], known[1], True, image.unknown.span, None


def _moving_tag(image: str) -> str | None:
    """The moving tag, empty for none at all; None for an image that is pinned or no image."""
    if "@" in image or image in ("scratch",) or "{" in image or " " in image:
        return None
    tag = image.rpartition("/")[2].partition(":")[2]
    if tag == "":
        return "" if not image.endswith(":") else None
    return tag if tag.lower() in _MOVING else None


def _partly_known(unknown: Unknown) -> tuple[str, str] | None:
    """An image whose repository is known at run time only, and whose tag is not."""
    last = unknown.parts[-1] if unknown.parts else None
    name = "the image of " + unknown.references[0].address if unknown.references else "an image"
    if last is not None and last.partition(":")[2].lower() in _MOVING and last.count(":") == 1:
        return name, last.partition(":")[2]
    is_repository = (
        len(unknown.references) == 1
        and unknown.references[0].attribute in ("repository_url", "RepositoryUri")
        and len(unknown.parts) <= 1
    )
    return (name, "") if is_repository else None


def _chosen_elsewhere(system: System, image: Value[Any]) -> Span | None:
    """Where the variable or parameter that holds the image is set, beside its default."""
    names = {
        reference.address.rpartition("var.")[2]
        for reference in image.references
        if "var." in reference.address or "." not in reference.address
    }
    for name in sorted(names):
        if re.fullmatch(r"\w+", name):
            found = mentioned(system, re.compile(rf"\b(TF_VAR_)?{re.escape(name)}\b\s*[=\"':]"))
            if found:
                return found
    return None
