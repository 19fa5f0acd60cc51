"""Which functions ask for a flag: the libraries', the configured ones, and those that hand a parameter on to one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from djaws.model.code import Call, CodeFacts, Operand
from djaws.model.flags.names import Names
from djaws.model.flags.types import Form


@dataclass(frozen=True, slots=True)
class Evaluator:
    """A function that asks for a flag: where its name and default are, and whether the question waits for a request."""

    backend: str
    position: int | None = 0
    keywords: tuple[str, ...] = ()
    default_position: int | None = None
    default_keywords: tuple[str, ...] = ()
    is_deferred: bool = False
    form: Form = "call"
    through: str = ""


_WAFFLE_KEYWORDS = {"flag": ("flag_name",), "switch": ("switch_name",), "sample": ("sample_name",)}


def _waffle() -> Iterator[tuple[str, Evaluator]]:
    for kind, keywords in _WAFFLE_KEYWORDS.items():
        backend = f"waffle.{kind}"
        position = 1 if kind == "flag" else 0
        for package in ("waffle", "waffle.utils", "waffle.models"):
            yield f"{package}.{kind}_is_active", Evaluator(backend, position, keywords)
            yield f"{package}.get_waffle_{kind}_model().get", Evaluator(backend, 0, ("name",))
            yield (
                f"{package}.get_waffle_{kind}_model().objects.get",
                Evaluator(backend, None, ("name",), form="row"),
            )
            yield (
                f"{package}.get_waffle_{kind}_model().objects.filter",
                Evaluator(backend, None, ("name",), form="row"),
            )
        yield f"waffle.models.{kind.capitalize()}.get", Evaluator(backend, 0, ("name",))
        yield (
            f"waffle.models.{kind.capitalize()}.objects.get",
            Evaluator(backend, None, ("name",), form="row"),
        )
        yield (
            f"waffle.models.{kind.capitalize()}.objects.filter",
            Evaluator(backend, None, ("name",), form="row"),
        )
        for package in ("waffle.decorators", "waffle"):
            decorator = Evaluator(backend, 0, keywords, is_deferred=True, form="decorator")
            yield f"{package}.waffle_{kind}", decorator


def _django_flags() -> Iterator[tuple[str, Evaluator]]:
    asked = Evaluator("django-flags", 0, ("flag_name",))
    for package in ("flags.state", "flags"):
        for name in ("flag_enabled", "flag_disabled", "flag_state", "enable_flag", "disable_flag"):
            yield f"{package}.{name}", asked
    decorator = replace(asked, is_deferred=True, form="decorator")
    for name in ("flag_required", "flag_check"):
        yield f"flags.decorators.{name}", decorator
    url = replace(asked, is_deferred=True, form="url")
    for name in (
        "flagged_path",
        "flagged_re_path",
        "flagged_paths",
        "flagged_re_paths",
        "flagged_url",
        "flagged_urls",
    ):
        yield f"flags.urls.{name}", url


#: Functions by their full name.
FUNCTIONS: Mapping[str, Evaluator] = dict([*_waffle(), *_django_flags()])


@dataclass(frozen=True, slots=True)
class _Client:
    """A flag service's client: its package, and methods that count on anything in a file that imports the package."""

    package: str
    backend: str
    methods: Mapping[str, Evaluator]


def _methods(backend: str, names: str, **shape: Any) -> dict[str, Evaluator]:
    return {name: Evaluator(backend, **shape) for name in names.split()}


_OPENFEATURE = " ".join(
    f"get_{kind}_{what}{suffix}"
    for kind in ("boolean", "string", "integer", "float", "object")
    for what in ("value", "details")
    for suffix in ("", "_async")
)
CLIENTS = (
    _Client(
        "ldclient",
        "launchdarkly",
        _methods(
            "launchdarkly",
            "variation variation_detail migration_variation",
            keywords=("key",),
            default_position=2,
            default_keywords=("default",),
        ),
    ),
    _Client(
        "UnleashClient",
        "unleash",
        _methods(
            "unleash",
            "is_enabled get_variant",
            keywords=("feature_name",),
            default_keywords=("fallback_function", "default_value"),
        ),
    ),
    _Client(
        "flagsmith",
        "flagsmith",
        _methods("flagsmith", "is_feature_enabled get_feature_value get_flag", keywords=("feature_name",)),
    ),
    _Client(
        "openfeature",
        "openfeature",
        _methods(
            "openfeature",
            _OPENFEATURE,
            keywords=("flag_key",),
            default_position=1,
            default_keywords=("default_value",),
        ),
    ),
    _Client(
        "aws_lambda_powertools.utilities.feature_flags",
        "appconfig",
        _methods(
            "appconfig",
            "evaluate",
            position=None,
            keywords=("name",),
            default_position=None,
            default_keywords=("default",),
        ),
    ),
    _Client(
        "gargoyle", "gargoyle", _methods("gargoyle", "is_active switch_is_active", keywords=("switch_name",))
    ),
)

#: Class attributes that hold a flag's name, and what the bases of such a class are called.
ATTRIBUTES = {
    "waffle_flag": ("waffle.flag", re.compile("Waffle")),
    "waffle_switch": ("waffle.switch", re.compile("Waffle")),
    "waffle_sample": ("waffle.sample", re.compile("Waffle")),
    "flag_name": ("django-flags", re.compile(r"^flags\.views\.|Flagged")),
}
#: What importing a package says about the flag services in use.
PACKAGES = {
    "waffle": "waffle",
    "flags": "django-flags",
    "ldclient": "launchdarkly",
    "UnleashClient": "unleash",
    "flagsmith": "flagsmith",
    "openfeature": "openfeature",
    "aws_lambda_powertools.utilities.feature_flags": "appconfig",
    "gargoyle": "gargoyle",
}
#: Base classes of a project's own waffle models.
_OWN_MODELS = {
    "waffle.models.AbstractBaseFlag": "flag",
    "waffle.models.AbstractUserFlag": "flag",
    "waffle.models.AbstractBaseSwitch": "switch",
    "waffle.models.AbstractBaseSample": "sample",
}
#: A wrapper of a wrapper of a wrapper is as far as anybody has been seen to go.
_ROUNDS = 3


class Evaluators:
    """The functions of one repository that ask for a flag.

    `found` are the project's own, by their full name; `configured` those that the configuration names.
    """

    def __init__(self, names: Names, wrappers: Mapping[str, int | str]) -> None:
        self.names = names
        self.configured = {name: _configured(name, where) for name, where in wrappers.items()}
        self.found: dict[str, Evaluator] = {}
        self.own = dict(self._own_models())
        self._owners: set[str] = set()
        for _ in range(_ROUNDS):
            self.screen = self._last_names()
            if not self._follow():
                break
        self.screen = self._last_names()

    def _own_models(self) -> Iterator[tuple[str, Evaluator]]:
        for facts in tuple(self.names.files.values()):
            for each in facts.classes:
                kind = next((_OWN_MODELS[base] for base in each.bases if base in _OWN_MODELS), None)
                if kind:
                    own = f"{facts.module}.{each.name}"
                    yield f"{own}.get", Evaluator(f"waffle.{kind}", 0, ("name",))
                    for query in ("get", "filter"):
                        yield (
                            f"{own}.objects.{query}",
                            Evaluator(f"waffle.{kind}", None, ("name",), form="row"),
                        )

    def _last_names(self) -> frozenset[str]:
        """The last parts of all names that can lead to an evaluator: most calls are told apart by that alone."""
        direct = {name.rpartition(".")[2] for name in (*FUNCTIONS, *self.own, *self.found, *self.configured)}
        direct |= {method for client in CLIENTS for method in client.methods}
        renamed = {
            alias
            for facts in self.names.files.values()
            for alias, target in facts.aliases.items()
            if target.rpartition(".")[2] in direct
        }
        return frozenset(direct | renamed)

    @property
    def words(self) -> frozenset[str]:
        """Names that a file must hold to ask through the project's own functions and classes."""
        return frozenset((*self.found, *self.configured, *self._owners))

    # --- functions that hand a parameter on

    def _follow(self) -> bool:
        before = len(self.found)
        for facts in tuple(self.names.files.values()):
            if facts.is_test:
                continue
            for call in facts.calls:
                evaluator = self.of(facts, call)
                operand = name_operand(call, evaluator) if evaluator else None
                if evaluator and operand and operand.kind == "parameter":
                    self._wrap_function(facts, call, evaluator, operand)
                elif evaluator and operand and operand.kind == "name" and operand.text.startswith("self."):
                    self._wrap_class(facts, call, evaluator, operand.text.removeprefix("self."))
        return len(self.found) > before

    def _wrap_function(self, facts: CodeFacts, call: Call, inner: Evaluator, operand: Operand) -> None:
        function = next((each for each in facts.functions if each.name == operand.owner), None)
        if function is None or operand.text not in function.parameters:
            return
        takes_self = function.is_method and "staticmethod" not in function.decorators
        position = function.parameters.index(operand.text) - takes_self
        is_deferred = inner.is_deferred or call.scope != function.name
        name = f"{facts.module}.{function.name}".removesuffix(".__init__")
        self._add(name, replace(inner, position=position, keywords=(operand.text,), is_deferred=is_deferred))

    def _wrap_class(self, facts: CodeFacts, call: Call, inner: Evaluator, attribute: str) -> None:
        """A class whose `__init__` keeps the name in an attribute that a method asks with."""
        owner = call.scope.rpartition(".")[0]
        self._owners.add(owner)
        declared = next((each for each in facts.classes if each.name == owner), None)
        init = next((each for each in facts.functions if each.name == f"{owner}.__init__"), None)
        parameter = declared.stored.get(attribute) if declared else None
        if parameter and init and parameter in init.parameters:
            position = init.parameters.index(parameter) - 1
            found = replace(inner, position=position, keywords=(parameter,), is_deferred=True)
            self._add(f"{facts.module}.{owner}", found)

    def _add(self, name: str, evaluator: Evaluator) -> None:
        if name not in self.configured:
            wrapper = replace(
                evaluator, default_position=None, default_keywords=(), form="wrapper", through=name
            )
            self.found.setdefault(name, wrapper)

    def is_wrapper(self, facts: CodeFacts, owner: str) -> bool:
        """Whether the function (or class) `owner` of a file asks for whatever flag its callers name."""
        name = f"{facts.module}.{owner}".removesuffix(".__init__")
        return name in self.found or self._configured_as(name) is not None

    # --- which evaluator a call meets

    def of(self, facts: CodeFacts, call: Call) -> Evaluator | None:
        """What the call asks with, None when it asks for no flag."""
        if call.name not in self.screen:
            return None
        known = FUNCTIONS.get(call.callee) or self._client(facts, call.callee, call.name)
        if known:
            return known
        for name in self._meanings(facts, call):
            found = (
                FUNCTIONS.get(name) or self.own.get(name) or self.found.get(name) or self._configured_as(name)
            )
            if found:
                return found
        return self._client_elsewhere(self.names.canonical(call.callee))

    def _meanings(self, facts: CodeFacts, call: Call) -> Iterator[str]:
        """The full names that the callee can have; instances count as their class."""
        callee = call.callee
        if callee.startswith("self."):
            owner = call.scope.rpartition(".")[0]
            for class_name in self.names.ancestry(f"{facts.module}.{owner}"):
                yield f"{class_name}.{callee[5:]}"
            return
        yield callee
        canonical = self.names.canonical(callee)
        yield canonical
        if "()" in canonical:
            bare = canonical.replace("()", "")
            yield bare
            yield self.names.canonical(bare)

    def _configured_as(self, name: str) -> Evaluator | None:
        """A configured name may leave out the source root: `shop.flags.is_on` is `src.shop.flags.is_on` too."""
        exact = self.configured.get(name)
        return exact or next(
            (each for key, each in self.configured.items() if name.endswith(f".{key}")), None
        )

    def _client(self, facts: CodeFacts, callee: str, method: str) -> Evaluator | None:
        owner = callee.rpartition(".")[0]
        for client in CLIENTS:
            if (
                method in client.methods
                and facts.does_import(client.package)
                and _may_be(owner, client.package)
            ):
                return client.methods[method]
        return None

    def _client_elsewhere(self, canonical: str) -> Evaluator | None:
        """A method of a client that another module keeps: its full name starts with the client's package."""
        owner, _, method = canonical.rpartition(".")
        for client in CLIENTS:
            if method in client.methods and f"{owner}.".startswith(f"{client.package}."):
                return client.methods[method]
        return None


_CLIENT_NAMES = ("client", "flags", "unleash", "flagsmith", "openfeature", "ld", "gargoyle")


def _may_be(owner: str, package: str) -> bool:
    """Whether a method's receiver can be the package's client: made by it, or of unknown origin but named like one."""
    if f"{owner}.".startswith((f"{package}.", f"{package}(")):
        return True
    is_known_elsewhere = "." in owner.partition("(")[0] and not owner.startswith("self.")
    return not is_known_elsewhere or owner.lower().rstrip("()_").endswith(_CLIENT_NAMES)


def _configured(name: str, where: int | str) -> Evaluator:
    if isinstance(where, int):
        return Evaluator("custom", where, ("name", "flag", "flag_name", "key"), form="wrapper", through=name)
    return Evaluator("custom", None, (where,), form="wrapper", through=name)


def name_operand(call: Call, evaluator: Evaluator) -> Operand | None:
    """The argument that holds the flag's name, None when this call does not give it."""
    return call.argument(evaluator.position, *evaluator.keywords)
