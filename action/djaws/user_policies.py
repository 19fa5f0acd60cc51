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
known possibility, and undecided when either cannot be known. An attribute that is absent meets only `present: false`,
`not-equals`, `none-of` and `not-contains`; a value that a test cannot judge (`at-least` of a text that is no number) is undecided.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import msgspec

from djaws import plain_yaml
from djaws.catalogue import nearest
from djaws.errors import DjawsError
from djaws.files import refusal
from djaws.finding import Confidence, Default, Rule, Severity
from djaws.model.cloud import Resource, Stack
from djaws.model.value import Alternative, Map, Seq, Value
from djaws.policy import (
    PILLARS,
    NoParams,
    Policy,
    Verdicts,
    finding,
    modules,
    own_folder,
    undecided,
)

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
    not_contains: Scalar | None = None


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


#: What each test says of a known value, None when it cannot judge it; the second argument is what the condition says.
_TESTS: dict[str, Callable[[Any, Any], bool | None]] = {
    "present": lambda value, wanted: (value is not None and value != "") is wanted,
    "equals": lambda value, wanted: _equal(value, wanted),
    "not_equals": lambda value, wanted: _negated(_equal(value, wanted)),
    "one_of": lambda value, wanted: _any(_equal(value, each) for each in wanted),
    "none_of": lambda value, wanted: _negated(_any(_equal(value, each) for each in wanted)),
    "at_least": lambda value, wanted: _compared(value, lambda number: number >= wanted),
    "at_most": lambda value, wanted: _compared(value, lambda number: number <= wanted),
    "matches": lambda value, wanted: _spelt(value, lambda text: re.search(wanted, text) is not None),
    "starts_with": lambda value, wanted: _spelt(value, lambda text: text.startswith(wanted)),
    "ends_with": lambda value, wanted: _spelt(value, lambda text: text.endswith(wanted)),
    "contains": lambda value, wanted: _contains(value, wanted),
    "not_contains": lambda value, wanted: _negated(_contains(value, wanted)),
}


def load(folder: Path) -> tuple[Policy, ...]:
    """Every policy in the folder's YAML files. `DjawsError` names the file and the line of whatever is wrong."""
    texts = {
        path.relative_to(folder).as_posix(): path.read_text("utf-8", "replace")
        for path in sorted(folder.rglob("*.y*ml"))
        if path.suffix in (".yaml", ".yml")
        and path.is_file()
        and "examples" not in path.relative_to(folder).parts
    }
    return parse_all(texts)


def parse_all(texts: Mapping[str, str]) -> tuple[Policy, ...]:
    """The policies in texts by file name; two of one id, or the id of a policy of djaws, are an error."""
    found: dict[str, Policy] = {}
    ours = {policy_id for policy_id, _ in modules(own_folder())}
    for name, text in texts.items():
        for policy in parse(text, name):
            if policy.id in ours:
                raise DjawsError(f"{name}: {policy.id} is a policy of djaws; give yours another id")
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
    try:
        data, lines = plain_yaml.read(text)
        file = msgspec.convert(data, _File)
    except plain_yaml.Fault as fault:
        raise DjawsError(f"{name}:{fault.line}: {fault.because}") from fault
    except msgspec.ValidationError as error:
        raise DjawsError(_located(str(error), name, lines)) from error
    policies = []
    for index, written in enumerate(file.policies):
        for place, because in _faults(written):
            line = _nearest_line(f"$.policies[{index}]{place}", lines)
            raise DjawsError(f"{name}:{line}: {written.id}: {because}")
        policies.append(_policy(written, name))
    return tuple(policies)


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
        close = nearest(unknown["name"], [field.encode_name for field in _fields_at(place)])
        hint = f"; did you mean {close}?" if close else ""
        place = place_of_key
    return f"{name}:{_nearest_line(place, lines)}: {text} (at {place}){hint}"


def _fields_at(place: str) -> tuple[msgspec.structs.FieldInfo, ...]:
    """The keys that are known where an unknown one stands."""
    inner = re.fullmatch(r"\$\.policies\[[^\]]*\]\.(\w+).*", place)
    if inner and inner[1] in ("where", "require"):
        return msgspec.structs.fields(Condition)
    if inner and inner[1] == "examples":
        return msgspec.structs.fields(Examples)
    return msgspec.structs.fields(Written if place.startswith("$.policies") else _File)


def _nearest_line(place: str, lines: Mapping[str, int]) -> int:
    """The line of a place, else of the innermost place around it that has one."""
    while place not in lines and len(place) > 1:
        place = place[: max(place.rfind("."), place.rfind("["), 1)]
    return lines.get(place, 1)


_TYPE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+|[A-Za-z0-9]+(::[A-Za-z0-9]+)+")
_EXAMPLE_LANGUAGES = ("terraform", "cloudformation", "sam")


def _faults(written: Written) -> Iterator[tuple[str, str]]:
    """What no type can say, with its place inside the policy."""
    if written.pillar not in PILLARS:
        yield ".pillar", f"pillar {written.pillar} is none of {', '.join(PILLARS)}"
    for index, kind in enumerate(written.resources):
        if not _TYPE.fullmatch(kind):
            yield f".resources[{index}]", f"{kind} is no resource type like aws_sqs_queue or AWS::SQS::Queue"
    for key, conditions in (("where", written.where), ("require", written.require)):
        for index, condition in enumerate(conditions):
            fault = _condition_fault(condition)
            if fault:
                yield f".{key}[{index}]", fault
    for key, texts in (("fail", written.examples.fail), ("pass", written.examples.pass_)):
        for language in texts:
            if language not in _EXAMPLE_LANGUAGES:
                known = ", ".join(_EXAMPLE_LANGUAGES)
                yield (
                    f".examples.{key}.{language}",
                    f"{language} is no language of examples; they are {known}",
                )


def _condition_fault(condition: Condition) -> str:
    count = sum(1 for _ in _tests(condition))
    if count != 1:
        return f"a condition makes exactly one test, this one on {condition.attribute} makes {count}"
    paths = {"": condition.attribute} if isinstance(condition.attribute, str) else condition.attribute
    if not paths.keys() <= {"", "terraform", "cloudformation"}:
        return "attribute takes terraform and cloudformation"
    if not all(all(path.split(".")) for path in paths.values()) or not paths:
        return "attribute is a path like versioning.enabled"
    if condition.matches is not None:
        try:
            re.compile(condition.matches)
        except re.error as error:
            return f"matches is no regular expression: {error}"
    return ""


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
        holds = value is not None and _holds(value, _test(condition))
        if value is None or holds is False:
            return
        if holds is None:
            because = value.unknown.because if value.unknown else "it holds only in some cases"
            yield undecided(value.span, f"{_path(condition, resource)}: {because}")
            return
    for condition in written.require:
        yield from _required(written, condition, resource)


def _holds(value: Value[Any], test: Callable[[Any], bool | None]) -> bool | None:
    """Whether every possibility meets the test, or none does; None when they differ or cannot be judged."""
    if value.never(lambda data: test(data) is not False):
        return False
    return True if value.always(lambda data: test(data) is True) else None


def _required(written: Written, condition: Condition, resource: Resource) -> Verdicts:
    value = _value(condition, resource)
    if value is None:
        return
    test = _test(condition)
    bad = value.sometimes(lambda data: test(data) is False)
    unjudged = value.sometimes(lambda data: test(data) is None)
    if bad:
        yield _convicted(written, bad[0], value.always(lambda data: test(data) is False), resource)
    elif value.unknown:
        yield undecided(value.unknown.span, value.unknown.because)
    elif unjudged:
        name = next(name for name, _ in _tests(condition)).replace("_", "-")
        yield undecided(unjudged[0].span, f"{name} cannot judge what {_path(condition, resource)} is here")


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
    for name in _TESTS:
        wanted = getattr(condition, name)
        if wanted is not None:
            yield name, wanted


def _test(condition: Condition) -> Callable[[Any], bool | None]:
    ((name, wanted),) = _tests(condition)
    return lambda value: _TESTS[name](value, wanted)


# --- answers about known values: None where the value is of a kind that the test knows nothing of


def _negated(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _any(answers: Iterator[bool | None]) -> bool | None:
    found = list(answers)
    return True if True in found else None if None in found else False


def _contains(value: Any, wanted: Scalar) -> bool | None:
    if value is None:
        return False
    if isinstance(value, str):
        return str(wanted) in value
    if isinstance(value, Seq):
        is_open = value.rest is not None
        for item in value.items:
            if item.always(lambda each: _equal(each, wanted) is True):
                return True
            is_open = is_open or not item.never(lambda each: _equal(each, wanted) is not False)
        return None if is_open else False
    if isinstance(value, Map):
        return True if str(wanted) in value.entries else None if value.rest else False
    return None


def _equal(value: Any, wanted: Scalar) -> bool | None:
    if isinstance(value, Map | Seq):
        return None
    if value is None:
        return False
    if isinstance(wanted, bool) or isinstance(value, bool):
        return str(value).lower() == str(wanted).lower()
    if isinstance(wanted, int | float):
        return _number(value) == wanted
    return str(value) == wanted


def _compared(value: Any, test: Callable[[float], bool]) -> bool | None:
    number = _number(value)
    return test(number) if number is not None else False if value is None else None


def _spelt(value: Any, test: Callable[[str], bool]) -> bool | None:
    if value is None:
        return False
    return test(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
