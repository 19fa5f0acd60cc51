"""Secrets in clear text among the variables of a container, a function or a build."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from djaws.errors import Refused
from djaws.finding import Span
from djaws.model.cloud import Resource, Stack
from djaws.model.system import System
from djaws.model.value import Map, Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import is_literal_secret, is_secret, once, password_in_url, secret_reference


class Parameters(msgspec.Struct, frozen=True, rename="kebab"):
    """`allow` names variables that are no secrets although they are called so."""

    allow: tuple[str, ...] = ()


@policy(
    "Secret in clear text in the environment of a container, function or build",
    severity="high",
    pillar="security",
    languages=("terraform", "cloudformation", "sam"),
    advice=("A2.5",),
    source="AWS Security Hub ECS.8, CodeBuild.2",
)
def secret_in_plain_environment(system: System, parameters: Parameters) -> Verdicts:
    """A variable of an ECS container, a Lambda function, an App Runner service, a CodeBuild project or a Beanstalk environment is
    called like a secret and holds a text, a generated password, or a variable that is called like a secret; or a URL holds a password.

    Names are judged by their words: `STRIPE_SECRET_KEY` and `DB_PASSWORD` are secrets, `SENTRY_DSN`, `TOKEN_URL` and
    `STRIPE_PUBLISHABLE_KEY` are not. Silent for ARNs, names of secrets, numbers, placeholders, dynamic references
    (`{{resolve:secretsmanager:…}}`), and for what a container gets through `secrets`.

    ## Why

    Whoever may describe a task definition, a function or a build reads its environment, and so does everything that logs it. A
    secret that is referenced is read by the execution role at the start, and can be rotated.

    ## Fix: Terraform

        secrets = [{ name = "SECRET_KEY", valueFrom = aws_secretsmanager_secret.django.arn }]

    ## Fix: CloudFormation

        Secrets:
          - Name: SECRET_KEY
            ValueFrom: !Ref DjangoSecret

    CodeBuild: `Type: SECRETS_MANAGER`.

    ## Fix: SAM

    Pass the secret's ARN, and read it when the function starts:

        Environment:
          Variables:
            SECRET_ARN: !Ref PaymentSecret
    """
    yield from once(_all(system, frozenset(parameters.allow)))


@dataclass(frozen=True)
class _Holder:
    """Something with variables."""

    subject: str
    variables: Mapping[str, Value[Any]]
    stack: Stack | None
    span: Span


def _all(system: System, allowed: frozenset[str]) -> Verdicts:
    for holder in _holders(system):
        for name, value in holder.variables.items():
            if name not in allowed:
                yield from _judged(name, value, holder, system)


def _holders(system: System) -> Iterator[_Holder]:
    for process in system.processes:
        if process.origin in ("ecs", "lambda", "app-runner"):
            yield _Holder(process.name, process.environment, process.stack, process.span)
    for stack in system.stacks:
        for project in stack.of_type("aws_codebuild_project", "AWS::CodeBuild::Project"):
            yield _Holder(project.address, dict(_of_build(project)), stack, project.span)
        for kind in _BEANSTALK:
            for resource in stack.of_type(kind):
                yield _Holder(resource.address, dict(_of_beanstalk(resource)), stack, resource.span)


def _of_build(project: Resource) -> Iterator[tuple[str, Value[Any]]]:
    is_terraform = project.dialect == "terraform"
    path = "environment.environment_variable" if is_terraform else "Environment.EnvironmentVariables"
    for block in project.blocks(path)[0]:
        kind = _either(block, "type", "Type").or_default("PLAINTEXT")
        if kind.always(lambda text: text == "PLAINTEXT"):
            yield from _pair(block, "name", "value")


_BEANSTALK = (
    "aws_elastic_beanstalk_environment",
    "aws_elastic_beanstalk_configuration_template",
    "AWS::ElasticBeanstalk::Environment",
    "AWS::ElasticBeanstalk::ConfigurationTemplate",
)


def _of_beanstalk(resource: Resource) -> Iterator[tuple[str, Value[Any]]]:
    for block in resource.blocks("setting" if resource.dialect == "terraform" else "OptionSettings")[0]:
        namespace = _either(block, "namespace", "Namespace")
        if namespace.always(lambda text: text == "aws:elasticbeanstalk:application:environment"):
            name = "name" if resource.dialect == "terraform" else "OptionName"
            yield from _pair(block, name, "value")


def _pair(block: Map, name: str, value: str) -> Iterator[tuple[str, Value[Any]]]:
    found = _either(block, name, name.capitalize()).only(None)
    if isinstance(found, str):
        yield found, _either(block, value, value.capitalize())


def _either(block: Map, *names: str) -> Value[Any]:
    return block.get(next((name for name in names if name in block.entries), names[0]))


#: What stands for a secret where none is needed: emulators and builds.
_DUMMIES = frozenset({"test", "dummy", "example", "fake", "none", "unused", "build"})


def _judged(name: str, value: Value[Any], holder: _Holder, system: System) -> Verdicts:
    is_named_so = is_secret(name)
    for alternative in value.alternatives:
        text = alternative.value
        is_clear = is_named_so and is_literal_secret(text) and str(text).lower() not in _DUMMIES
        if is_clear or (is_literal_secret(password_in_url(text)) and not is_named_so):
            yield finding(
                _written(alternative.span, name, str(text), holder, system),
                f"{name} is in clear text" if is_clear else f"{name} holds a password in clear text",
                subject=f"{holder.subject} {name}",
                guard=alternative.guard,
            )
            return
    if value.unknown is None:
        return
    reference = secret_reference(value.unknown.references)
    parts = value.unknown.parts
    is_url = any(part and re.search(r"://[^@]*$", part) for part in parts)
    is_pointer = any(re.search(r"(^|[._])(arn|name|id)$", each.attribute) for each in value.references)
    if "{{resolve:" in "".join(part or "" for part in parts):
        return
    if reference and (is_url or (is_named_so and not is_pointer)):
        is_declaration = holder.stack is not None and holder.stack.dialect == "terraform"
        is_here = not is_declaration or _mentions(system, value.unknown.span, name)
        place = value.unknown.span if is_here else holder.span
        yield finding(
            _written(place, name, reference.address.rpartition(".")[2], holder, system),
            f"{name} is {reference.address}{'.' + reference.attribute if reference.attribute else ''} in clear text",
            subject=f"{holder.subject} {name}",
            confidence=None if reference.attribute else "medium",
        )
    elif is_named_so and not is_pointer:
        yield undecided(value.unknown.span, value.unknown.because)


def _written(span: Span, name: str, text: str, holder: _Holder, system: System) -> Span:
    """The one line of the stack that pairs the name with the text: a loop over variables shows all of them at the loop."""
    if holder.stack is None or _mentions(system, span, name):
        return span
    found = [
        Span(path, number)
        for path in holder.stack.files
        for number, line in enumerate(_lines(system, path), 1)
        if text in line and re.search(rf"\b{re.escape(name)}\b", line)
    ]
    return found[0] if len(found) == 1 else span


def _mentions(system: System, span: Span, name: str) -> bool:
    lines = _lines(system, span.path)
    return bool(span.line and span.line <= len(lines) and name in lines[span.line - 1])


def _lines(system: System, path: str) -> list[str]:
    try:
        return system.tree.text(path).split("\n") if path in system.tree else []
    except Refused:
        return []
