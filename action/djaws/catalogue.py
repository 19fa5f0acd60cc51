"""What djaws knows about the engines' rules: severities, topics, equivalences, and the advice behind them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import msgspec

from djaws import data
from djaws.finding import Confidence, Default, Rule, Severity

TOPICS = (
    "flags",
    "monitoring",
    "cost",
    "iam",
    "encryption",
    "exposure",
    "serverless",
    "data",
    "scaling",
    "delivery",
    "django",
    "code",
    "template",
    "gate",
)

#: An engine and the id of one of its rules.
Key = tuple[str, str]


class Equivalence(msgspec.Struct, frozen=True):
    """Rules that speak of one thing.

    `relation` says how: equivalent, duplicate-in-engine and subsumes are one fault; the others only belong together.
    `location` says when two findings are at one place. `keep` stands for the others; None where none of them should stand.
    """

    id: str
    concept: str
    relation: str
    location: str
    keep: Key | None
    members: tuple[Key, ...]
    note: str = ""


class Section(msgspec.Struct, frozen=True):
    """One of the eight pieces of advice."""

    id: str
    title: str
    text: str


class Advice(msgspec.Struct, frozen=True):
    """One point of a section, and why it matters."""

    id: str
    section: str
    title: str
    why: str


def rule(engine: str, id: str) -> Rule | None:
    """The engine's rule, None when the shipped data does not know it (`fallback` then)."""
    row = _rows().get((engine, id))
    return _built(row) if row else None


def rules() -> tuple[Rule, ...]:
    """Every rule of the four engines, by engine and id."""
    return tuple(_built(row) for row in _rows().values())


def known(id: str) -> bool:
    """Whether any engine has a rule of this id, bare (`B105`) or with its engine (`bandit:B105`)."""
    engine, colon, bare = id.partition(":")
    return (engine, bare) in _rows() if colon else id in _ids()


def equivalences() -> tuple[Equivalence, ...]:
    return tuple(
        Equivalence(
            group.id,
            group.concept,
            group.relation,
            group.location,
            None if group.keep == "-" else key(group.keep),
            tuple(key(member) for member in group.members),
            group.note,
        )
        for group in _equivalence_groups()
    )


def key(name: str) -> Key:
    """The engine and the bare id of a qualified one (`bandit:B105`, `djaws:cost/missing-tags`)."""
    engine, _, id = name.partition(":")
    return engine, id


@cache
def sections() -> tuple[Section, ...]:
    return data.load("advice", _AdviceFile).sections


@cache
def advice() -> dict[str, Advice]:
    """Every single point of the advice, by its id (`A4.1`)."""
    return {point.id: point for point in data.load("advice", _AdviceFile).advice}


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` was probably meant to be."""
    from difflib import get_close_matches

    by_lower = {candidate.lower(): candidate for candidate in candidates}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


# --- rules that the shipped data does not know


def fallback(engine: str, id: str, title: str) -> Rule:
    """A rule for an id that is newer than the shipped data or comes from a third party, judged by its form.

    Severity, topic and pillar come from the id's prefix, Checkov's topics also from the words of the title.
    """
    severity, topic, pillar, point = _by_form(engine, id, title)
    return Rule(
        id=id,
        engine=engine,
        title=title or id,
        severity=severity,
        confidence=Confidence.MEDIUM,
        topic=topic,
        pillar=pillar,
        help=_help(engine, id, (point,), "", "", {}),
        advice=(point,),
        severity_source="by the form of its id: newer than the shipped data, or a third party's",
    )


_Form = tuple[Severity, str, str, str]

_CHECKOV_PREFIXES: tuple[tuple[str, _Form], ...] = (
    ("CKV_SECRET_", (Severity.HIGH, "iam", "security", "A2.5")),
    ("CKV_DOCKER_", (Severity.LOW, "delivery", "operations", "A7.1")),
    ("CKV2_DOCKER_", (Severity.MEDIUM, "delivery", "security", "A7.1")),
    ("CKV_GHA_", (Severity.MEDIUM, "delivery", "security", "A7.1")),
    ("CKV2_GHA_", (Severity.MEDIUM, "delivery", "security", "A7.1")),
    ("CKV_GIT", (Severity.LOW, "delivery", "operations", "A7.1")),
    ("CKV2_GIT", (Severity.LOW, "delivery", "operations", "A7.1")),
    ("CKV_TF_", (Severity.LOW, "delivery", "operations", "A5.1")),
    ("CKV_OPENAPI_", (Severity.LOW, "serverless", "security", "A3.2")),
)

_TITLE_WORDS: tuple[tuple[str, _Form], ...] = (
    (r"hard.?coded|secrets? (exist|in)", (Severity.HIGH, "iam", "security", "A2.5")),
    (r"public(ly)? |0\.0\.0\.0|world|anyone", (Severity.HIGH, "exposure", "security", "A2.1")),
    (r"encrypt|tls|ssl|https|kms|cmk|certificate", (Severity.MEDIUM, "encryption", "security", "A2.4")),
    (r"\biam\b|polic(y|ies)|privilege|principal|role", (Severity.MEDIUM, "iam", "security", "A2.2")),
    (
        r"\blog|trail|monitor|tracing|x-ray|alarm|metric",
        (Severity.MEDIUM, "monitoring", "operations", "A6.3"),
    ),
    (r"backup|snapshot|deletion|recovery|retention", (Severity.MEDIUM, "data", "reliability", "A3.3")),
    (r"multi-az|scaling|cross-zone|load balanc", (Severity.MEDIUM, "scaling", "reliability", "A8.2")),
    (r"lambda|api gateway|step function", (Severity.LOW, "serverless", "security", "A3.1")),
    (r"\btags?\b|unused|lifecycle", (Severity.LOW, "cost", "cost", "A4.1")),
)

_DJANGO_LEVELS = {
    "C": Severity.HIGH,
    "E": Severity.HIGH,
    "W": Severity.LOW,
    "I": Severity.INFO,
    "D": Severity.INFO,
}
_CFN_LINT_LEVELS = {"E": Severity.HIGH, "W": Severity.MEDIUM, "I": Severity.LOW}


def _by_form(engine: str, id: str, title: str) -> _Form:
    if engine == "checkov":
        return _checkov_form(id, title)
    if engine == "cfn-lint":
        return _CFN_LINT_LEVELS.get(id[:1], Severity.MEDIUM), "template", "operations", "A5.1"
    if engine == "bandit":
        return Severity.MEDIUM, "code", "security", "A2.1"
    if engine == "django":
        return _django_form(id)
    return Severity.MEDIUM, "gate", "operations", "A7.2"


def _checkov_form(id: str, title: str) -> _Form:
    for prefix, form in _CHECKOV_PREFIXES:
        if id.startswith(prefix):
            return form
    for words, form in _TITLE_WORDS:
        if re.search(words, title, re.IGNORECASE):
            return form
    return Severity.MEDIUM, "exposure", "security", "A2.1"


def _django_form(id: str) -> _Form:
    label, _, number = id.rpartition(".")
    severity = _DJANGO_LEVELS.get(number[:1], Severity.MEDIUM)
    if label == "security":
        return max(severity, Severity.MEDIUM, key=lambda each: each.rank), "django", "security", "A2.1"
    return severity, "django", "reliability", "A7.2"


# --- the files


class _Row(msgspec.Struct, frozen=True):
    engine: str
    id: str
    title: str
    severity: Severity
    confidence: Confidence
    topic: str
    pillar: str
    default: Default
    advice: tuple[str, ...]
    basis: str
    scope: tuple[str, ...]
    doc: str = ""
    says: str = ""
    fix: dict[str, str] = {}


class _RulesFile(msgspec.Struct, frozen=True):
    engines: dict[str, str]
    rules: tuple[_Row, ...]


class _Group(msgspec.Struct, frozen=True):
    id: str
    concept: str
    relation: str
    location: str
    keep: str
    members: tuple[str, ...]
    note: str = ""


class _EquivalencesFile(msgspec.Struct, frozen=True):
    groups: tuple[_Group, ...]


class _AdviceFile(msgspec.Struct, frozen=True):
    sections: tuple[Section, ...]
    advice: tuple[Advice, ...]


@cache
def _rules_file() -> _RulesFile:
    return data.load("rules", _RulesFile)


@cache
def _rows() -> dict[Key, _Row]:
    return {(row.engine, row.id): row for row in _rules_file().rules}


@cache
def _ids() -> frozenset[str]:
    return frozenset(id for _, id in _rows())


@cache
def _equivalence_groups() -> tuple[_Group, ...]:
    return data.load("equivalences", _EquivalencesFile).groups


def _built(row: _Row) -> Rule:
    return Rule(
        id=row.id,
        engine=row.engine,
        title=row.title,
        severity=row.severity,
        confidence=row.confidence,
        topic=row.topic,
        pillar=row.pillar,
        help=_help(row.engine, row.id, row.advice, row.says, row.doc, row.fix),
        default=row.default,
        advice=row.advice,
        severity_source=row.basis,
        tags=row.scope,
    )


def _help(engine: str, id: str, points: tuple[str, ...], says: str, doc: str, fix: dict[str, str]) -> str:
    """Markdown: what the engine says, why it matters, what it asks for in each language, and where it is documented."""
    whys = " ".join(advice()[point].why for point in points[:2] if point in advice())
    asks = "\n".join(f"- {_LANGUAGES.get(language, language)}: {text}" for language, text in fix.items())
    link = f"{_ENGINES.get(engine, engine)}: {documentation(engine, id, doc)}" if engine in _ENGINES else ""
    return "\n\n".join(part for part in (says, whys, asks, link) if part)


_ENGINES = {
    "checkov": "Checkov's check",
    "cfn-lint": "cfn-lint's rule",
    "bandit": "Bandit's test",
    "django": "Django's check",
}
_LANGUAGES = {"terraform": "Terraform", "cloudformation": "CloudFormation"}


def documentation(engine: str, id: str, doc: str = "") -> str:
    """Where the engine itself documents the rule, in the version that the shipped data was read from."""
    version = _rules_file().engines[engine]
    if engine == "checkov":
        return (
            f"https://github.com/bridgecrewio/checkov/blob/{version}/checkov/{doc}" if doc else _CHECKOV_INDEX
        )
    if engine == "cfn-lint":
        return f"https://github.com/aws-cloudformation/cfn-lint/blob/v{version}/docs/rules.md#{id}"
    if engine == "bandit":
        return f"https://bandit.readthedocs.io/en/{version}/{doc}"
    series = ".".join(version.split(".")[:2])
    return f"https://docs.djangoproject.com/en/{series}/ref/checks/" + (f"#{doc}" if doc else "")


_CHECKOV_INDEX = "https://www.checkov.io/5.Policy%20Index/all.html"
