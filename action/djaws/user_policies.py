"""Policies that users write in YAML: a small typed form over the same models as ours.

    policies:
      - id: company/unencrypted-queue
        title: Queue without encryption at rest
        severity: medium
        pillar: security
        message: "{subject} is not encrypted with a key of ours"
        resources: [aws_sqs_queue, AWS::SQS::Queue]
        where:
          - {attribute: {terraform: name, cloudformation: QueueName}, starts-with: prod}
        require:
          - {attribute: {terraform: kms_master_key_id, cloudformation: KmsMasterKeyId}, present: true}
        examples:
          fail: {terraform: 'resource "aws_sqs_queue" "q" { name = "prod-q" }'}
          pass: {terraform: 'resource "aws_sqs_queue" "q" { name = "dev-q" }'}

A resource is asked when every condition of `where` certainly holds. It is convicted when a condition of `require` fails on a
known possibility, and undecided when either cannot be known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import msgspec

from djaws.catalogue import nearest
from djaws.errors import DjawsError
from djaws.files import refusal
from djaws.finding import Confidence, Default, Rule, Severity
from djaws.model.cloud import Resource, Stack
from djaws.model.value import Alternative, Map, Seq, Value
from djaws.policy import PILLARS, NoParams, Policy, Verdicts, finding, undecided

_ID = r"^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$"
Scalar = str | int | float | bool


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """One question about one attribute. Exactly one test; `attribute` is a dotted path, or one for each dialect."""

    attribute: str | dict[str, str]
    present: bool | None = None
    equals: Scalar | None = None
    not_equals: Scalar | None = None
    one_of: tuple[Scalar, ...] | None = None
    none_of: tuple[Scalar, ...] | None = None
    at_least: float | None = None
    at_most: float | None = None
    matches: str | None = None
    starts_with: str | None = None
    ends_with: str | None = None
    contains: Scalar | None = None


class Examples(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Texts that must fail and that must pass, by language: terraform, cloudformation or sam."""

    fail: dict[str, str] = {}
    pass_: dict[str, str] = msgspec.field(default_factory=dict, name="pass")


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """One policy as written."""

    id: Annotated[str, msgspec.Meta(pattern=_ID)]
    title: str
    resources: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    require: Annotated[tuple[Condition, ...], msgspec.Meta(min_length=1)]
    message: str = ""
    severity: Severity = Severity.MEDIUM
    confidence: Confidence = Confidence.HIGH
    pillar: str = "operations"
    default: Default = "on"
    where: tuple[Condition, ...] = ()
    help: str = ""
    examples: Examples = Examples()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    policies: tuple[Written, ...]


#: What each test asks of a known value; the second argument is what the condition says.
_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "present": lambda value, wanted: (value is not None and value != "") is wanted,
    "equals": lambda value, wanted: _equal(value, wanted),
    "not_equals": lambda value, wanted: not _equal(value, wanted),
    "one_of": lambda value, wanted: any(_equal(value, each) for each in wanted),
    "none_of": lambda value, wanted: not any(_equal(value, each) for each in wanted),
    "at_least": lambda value, wanted: (number := _number(value)) is not None and number >= wanted,
    "at_most": lambda value, wanted: (number := _number(value)) is not None and number <= wanted,
    "matches": lambda value, wanted: isinstance(value, str) and re.search(wanted, value) is not None,
    "starts_with": lambda value, wanted: isinstance(value, str) and value.startswith(wanted),
    "ends_with": lambda value, wanted: isinstance(value, str) and value.endswith(wanted),
}


def load(folder: Path) -> tuple[Policy, ...]:
    """Every policy in the folder's YAML files. `DjawsError` names the file and the line of whatever is wrong."""
    texts = {
        path.relative_to(folder).as_posix(): path.read_text("utf-8", "replace")
        for path in sorted(folder.rglob("*.y*ml"))
        if "examples" not in path.parts and path.suffix in (".yaml", ".yml")
    }
    return parse_all(texts)


def parse_all(texts: Mapping[str, str]) -> tuple[Policy, ...]:
    """The policies in texts by file name; two of one id are an error."""
    found: dict[str, Policy] = {}
    for name, text in texts.items():
        for policy in parse(text, name):
            if policy.id in found:
                raise DjawsError(
                    f"{name}: {policy.id} is also in {found[policy.id].module.__file__}; ids are unique"
                )
            found[policy.id] = policy
    return tuple(found.values())


def parse(text: str, name: str) -> tuple[Policy, ...]:
    """The policies of one file."""
    reason = refusal(text.encode())
    if reason:
        raise DjawsError(f"{name}: {reason}")
    data, lines = _composed(text, name)
    try:
        file = msgspec.convert(data, _File)
    except msgspec.ValidationError as error:
        raise DjawsError(_located(str(error), name, lines)) from error
    policies = []
    for index, written in enumerate(file.policies):
        fault = _fault(written)
        if fault:
            raise DjawsError(f"{name}:{lines.get(f'$.policies[{index}]', 1)}: {written.id}: {fault}")
        policies.append(_policy(written, name))
    return tuple(policies)


def _composed(text: str, name: str) -> tuple[Any, dict[str, int]]:
    """Plain data, and the line of each path in it."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node = yaml.compose(text, loader)
        data = yaml.load(text, loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise DjawsError(f"{name}:{line}: not valid YAML: {getattr(error, 'problem', error)}") from error
    lines: dict[str, int] = {}
    if node is not None:
        _lines(node, "$", lines)
    return data, lines


def _lines(node: Any, path: str, lines: dict[str, int]) -> None:
    import yaml

    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _lines(value, f"{path}.{key.value}", lines)
            lines[f"{path}.{key.value}"] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _lines(value, f"{path}[{index}]", lines)


_PLACE = re.compile(r" - at `(?P<place>\$[^`]*)`$")
_FIELD = re.compile(r"unknown field `(?P<name>[^`]+)`")


def _located(message: str, name: str, lines: Mapping[str, int]) -> str:
    match = _PLACE.search(message)
    place = match["place"] if match else "$"
    text = message[: match.start()] if match else message
    unknown = _FIELD.search(text)
    hint = ""
    if unknown:
        place_of_key = f"{place}.{unknown['name']}"
        fields = msgspec.structs.fields(Condition) + msgspec.structs.fields(Written)
        close = nearest(unknown["name"], [field.encode_name for field in fields])
        hint = f"; did you mean {close}?" if close else ""
        place = place_of_key if place_of_key in lines else place
    while place not in lines and place != "$":
        place = re.sub(r"(\.[^.\[]+|\[[^\]]*\])$", "", place) or "$"
    return f"{name}:{lines.get(place, 1)}: {text} (at {place}){hint}"


def _fault(written: Written) -> str | None:
    if written.pillar not in PILLARS:
        return f"pillar {written.pillar} is none of {', '.join(PILLARS)}"
    for condition in (*written.where, *written.require):
        tests = [test for test, _ in _tests(condition)]
        if len(tests) != 1:
            return f"a condition makes exactly one test, this one on {condition.attribute} makes {len(tests)}"
        if isinstance(condition.attribute, dict) and not set(condition.attribute) <= {
            "terraform",
            "cloudformation",
        }:
            return "attribute takes terraform and cloudformation"
        if condition.matches is not None:
            try:
                re.compile(condition.matches)
            except re.error as error:
                return f"matches is no regular expression: {error}"
    return None


def _policy(written: Written, name: str) -> Policy:
    rule = Rule(
        id=written.id,
        engine="djaws",
        title=written.title,
        severity=written.severity,
        confidence=written.confidence,
        topic=written.id.partition("/")[0],
        pillar=written.pillar,
        help=written.help or written.title,
        default=written.default,
        severity_source=f"your policy in {name}",
    )
    module = ModuleType(written.id)
    module.__file__ = name
    inline = tuple(
        (language, must_fail, text)
        for must_fail, texts in ((True, written.examples.fail), (False, written.examples.pass_))
        for language, text in texts.items()
    )
    languages = tuple(dict.fromkeys(_language(kind) for kind in written.resources))
    return Policy(rule, _asking(written), Stack, NoParams, languages, module, inline)


def _language(resource_type: str) -> str:
    if resource_type.startswith("AWS::Serverless::"):
        return "sam"
    return "cloudformation" if "::" in resource_type else "terraform"


def _asking(written: Written) -> Callable[[Stack], Verdicts]:
    def ask(stack: Stack) -> Verdicts:
        for resource in stack.of_type(*written.resources):
            yield from _verdicts(written, resource)

    return ask


def _verdicts(written: Written, resource: Resource) -> Verdicts:
    for condition in written.where:
        value = _value(condition, resource)
        if value is None or value.never(_test(condition)):
            return
        if not value.always(_test(condition)):
            because = value.unknown.because if value.unknown else "it holds only in some cases"
            yield undecided(value.span, f"{_path(condition, resource)}: {because}")
            return
    for condition in written.require:
        yield from _required(written, condition, resource)


def _required(written: Written, condition: Condition, resource: Resource) -> Verdicts:
    value = _value(condition, resource)
    if value is None:
        return
    test = _test(condition)
    bad = value.sometimes(lambda data: not test(data))
    if bad:
        yield _convicted(written, bad[0], value.always(lambda data: not test(data)), resource)
    elif value.unknown:
        yield undecided(value.unknown.span, value.unknown.because)


def _convicted(written: Written, bad: Alternative[Any], everywhere: bool, resource: Resource) -> Any:
    text = (
        (written.message or written.title)
        .replace("{subject}", resource.address)
        .replace("{value}", str(bad.value))
    )
    return finding(
        bad.span,
        text,
        subject=resource.address,
        block=resource.block,
        guard=None if everywhere else bad.guard,
    )


def _path(condition: Condition, resource: Resource) -> str | None:
    return (
        condition.attribute
        if isinstance(condition.attribute, str)
        else condition.attribute.get(resource.dialect)
    )


def _value(condition: Condition, resource: Resource) -> Value[Any] | None:
    path = _path(condition, resource)
    return resource.attr(path) if path else None


def _tests(condition: Condition) -> Iterator[tuple[str, Any]]:
    for name in (*_TESTS, "contains"):
        wanted = getattr(condition, name)
        if wanted is not None:
            yield name, wanted


def _test(condition: Condition) -> Callable[[Any], bool]:
    ((name, wanted),) = _tests(condition)
    if name == "contains":
        return lambda value: _contains(value, wanted)
    return lambda value: _TESTS[name](value, wanted)


def _contains(value: Any, wanted: Scalar) -> bool:
    if isinstance(value, str):
        return str(wanted) in value
    if isinstance(value, Seq):
        return any(item.always(lambda each: _equal(each, wanted)) for item in value.items)
    return isinstance(value, Map) and str(wanted) in value.entries


def _equal(value: Any, wanted: Scalar) -> bool:
    if isinstance(wanted, bool) or isinstance(value, bool):
        return str(value).lower() == str(wanted).lower()
    if isinstance(wanted, int | float):
        return _number(value) == wanted
    return bool(value == wanted)


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) or value is None else float(value)
    except (TypeError, ValueError):
        return None
