"""Whatever Python itself makes of a settings file must be among what the evaluator says it can be."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from djaws.files import Tree
from djaws.model.django import evaluate
from djaws.model.django.objects import UNSET
from djaws.model.value import Guard, Map, Seq, Value

ENVIRONMENTS: tuple[dict[str, str], ...] = (
    {},
    {"STAGE": "production"},
    {"STAGE": "dev", "FLAG": "1"},
    {"STAGE": "", "FLAG": ""},
    {"FLAG": "True", "STAGE": "a"},
)


def run(source: str, environment: dict[str, str]) -> dict[str, Any] | None:
    """What Python binds to upper-case names, None when the file raises."""
    names: dict[str, Any] = {"__file__": "/x/settings.py", "__name__": "settings"}
    with patch.dict(os.environ, environment, clear=True):
        try:
            exec(compile(source, "settings.py", "exec"), names)
        except Exception:
            return None
    return {name: value for name, value in names.items() if name.isupper()}


def holds(guard: Guard, environment: dict[str, str]) -> bool:
    """Whether the guard can hold in the environment; what it says of anything else is taken for possible."""
    for subject, equal, values in guard.terms:
        if not subject.startswith("env "):
            continue
        name, _, methods = subject.removeprefix("env ").removesuffix(")").partition(" (")
        actual: object = environment.get(name, UNSET)
        for method in methods.split(", ") if methods and isinstance(actual, str) else ():
            actual = getattr(actual, method)()
        if (actual in values) != equal:
            return False
    return True


def covers(value: Value[Any], actual: Any, environment: dict[str, str]) -> bool:
    """Whether `actual` is among what the value can be there."""
    if value.unknown is not None:
        return True
    return any(
        holds(alternative.guard, environment) and is_like(alternative.value, actual, environment)
        for alternative in value.alternatives
    )


def is_like(data: Any, actual: Any, environment: dict[str, str]) -> bool:
    if isinstance(data, Seq):
        return isinstance(actual, (list, tuple, set)) and fits(
            list(data.items), list(actual), bool(data.rest), environment
        )
    if isinstance(data, Map):
        if not isinstance(actual, dict):
            return False
        known = all(key in data.entries or data.rest for key in actual)
        return known and all(
            covers(entry, actual[key], environment) if key in actual else can_be_absent(entry, environment)
            for key, entry in data.entries.items()
        )
    return type(data) is type(actual) and bool(data == actual)


def fits(items: list[Value[Any]], actual: list[Any], is_open: bool, environment: dict[str, str]) -> bool:
    """Whether the list can be `actual`: items in order, those that may be absent left out, further ones where it is open."""
    if is_open:
        return all(
            any(covers(item, one, environment) for one in actual) or can_be_absent(item, environment)
            for item in items
        )
    if not items:
        return not actual
    first, rest = items[0], items[1:]
    if actual and covers(first, actual[0], environment) and fits(rest, actual[1:], is_open, environment):
        return True
    return can_be_absent(first, environment) and fits(rest, actual, is_open, environment)


def can_be_absent(item: Value[Any], environment: dict[str, str]) -> bool:
    return item.unknown is not None or any(
        alternative.value is None and not alternative.written and holds(alternative.guard, environment)
        for alternative in item.alternatives
    )


@dataclass(frozen=True)
class InMemory(Tree):
    """One file that is nowhere on disk."""

    source: str = ""

    def read(self, path: str, limit: int = 0) -> bytes:
        return self.source.encode()


def disagreements(source: str) -> list[str]:
    evaluated = evaluate(InMemory(Path("/nowhere"), ("settings.py",), source=source), "settings.py")
    found = []
    for environment in ENVIRONMENTS:
        actual = run(source, environment)
        for name, value in (actual or {}).items():
            setting = evaluated.get(name)
            if not covers(setting, value, environment):
                found.append(f"{environment}: {name} is {value!r}, evaluated as {setting}")
    return found


PROGRAMS = {
    "conditional append": """
import os
APPS = ["a", "b"]
if os.environ.get("FLAG"):
    APPS.append("c")
if os.environ.get("STAGE") == "production":
    APPS.insert(0, "z")
    APPS.remove("a")
elif os.environ.get("STAGE") in ("dev", "a"):
    APPS += ["dev"]
COUNT = len(APPS)
HAS = "z" in APPS
""",
    "helper functions": """
import os
def env_bool(name, default=False):
    value = os.environ.get(name)
    if value is None:
        return default
    return value.lower() in ("1", "true", "yes")
def required(name):
    try:
        return os.environ[name]
    except KeyError:
        return "missing"
DEBUG = env_bool("FLAG")
OTHER = env_bool("NOPE", True)
NAME = required("STAGE")
SAFE = not DEBUG and NAME != "dev"
""",
    "changed in place": """
CACHES = {"default": {"BACKEND": "x", "OPTIONS": {}}}
inner = CACHES["default"]
inner["LOCATION"] = "y"
inner["OPTIONS"].update({"a": 1}, b=2)
CACHES.setdefault("other", {})["BACKEND"] = "z"
TEMPLATES = [{"OPTIONS": {"debug": False}}]
for template in TEMPLATES:
    template["OPTIONS"]["debug"] = True
def add(apps):
    apps.append("late")
APPS = ["early"]
add(APPS)
""",
    "try and else": """
import os
try:
    STAGE = os.environ["STAGE"]
except KeyError:
    STAGE = "none"
else:
    FOUND = True
finally:
    DONE = True
""",
    "shadowed conditions": """
import os
DEBUG = os.environ.get("FLAG") == "1"
A = 1 if DEBUG else 2
DEBUG = os.environ.get("STAGE") == "production"
B = 1 if DEBUG else 2
SUM = A + B
""",
    "match": """
import os
match os.environ.get("STAGE", "dev"):
    case "production" | "live":
        LEVEL = 3
    case "dev":
        LEVEL = 1
    case _:
        LEVEL = 2
""",
    "texts": """
import os
from dataclasses import dataclass
from pathlib import Path
STAGE = os.getenv("STAGE", "dev").strip().upper()
URL = f"https://{STAGE}.example.org/" + "x" * 3
HOSTS = [h.strip() for h in os.environ.get("HOSTS", "a, b,").split(",") if h.strip()]
PAIR = "%s-%s" % (1, "b")
TEXT = "{} {name}".format("a", name=2)
WORDS = sorted({"b", "a"} | set(["c"]))
MERGED = {**{"a": 1}, "b": 2} | {"a": 3}
FIRST, *REST = (1, 2, 3)
""",
    "globals": """
for name in ("ALPHA", "BETA"):
    globals()[name] = name.lower()
globals().update(GAMMA=1)
X = [1]
Y = X
Y.append(2)
X += [3]
del X[0]
""",
    "early return": """
import os
def pick(stage):
    if stage == "production":
        return {"secure": True}
    if not stage:
        return {}
    found = {"secure": False}
    found["stage"] = stage
    return found
SECURE = pick(os.environ.get("STAGE"))
""",
    "walrus and loops": """
import os
if stage := os.environ.get("STAGE"):
    ORIGINS = [f"https://{stage}"]
TOTAL = 0
for n in [1, 2, 3]:
    TOTAL += n
NAMES = {k: v for k, v in [("a", 1), ("b", 2)] if v > 1}
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_python_makes_of_common_idioms_is_among_what_they_can_be(name: str) -> None:
    assert disagreements(PROGRAMS[name]) == []


def test_the_comparison_itself_notices_a_wrong_answer() -> None:
    from djaws.finding import Span

    wrong: Value[Any] = Value.of(Seq((Value.of("a", Span("s")),)), Span("s"))
    assert not covers(wrong, ["b"], {})
    assert not covers(Value.of(1, Span("s"), guard=Guard.when("env STAGE", "a")), 1, {})


# --- programs that nobody wrote

_NAMES = st.sampled_from(["A", "B", "C"])
_CONSTANTS = st.sampled_from(
    ["True", "False", "None", "0", "1", "'a'", "'b'", "''", "'production'", "[]", "['a']", "{}"]
)
# Texts that only some methods tell apart.
_READS = st.sampled_from(
    [
        "os.environ.get('STAGE')",
        "os.environ.get('STAGE', 'a')",
        "os.getenv('FLAG', '')",
        "os.environ['STAGE']",
        "os.environ.get('FLAG', 'TRUE').lower()",
        "os.environ['FLAG'].upper()",
        "'FLAG' in os.environ",
    ]
)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("[*{}, 'z']".format, inner),
        st.builds("{{'k': {}, 'l': {}}}".format, inner, inner),
        st.builds("({} + {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("({} == {})".format, inner, inner),
        st.builds("({} != 'a')".format, inner),
        st.builds("({} in ('a', 'production'))".format, inner),
        st.builds("({} in {})".format, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds("bool({})".format, inner),
        st.builds("str({})".format, inner),
        st.builds("f'<{{{}}}>'".format, _NAMES),
        st.builds("helper({})".format, inner),
        st.builds("[x for x in {} if x]".format, inner),
        st.builds("{}.get('k', {})".format, inner, inner),
    )


_EXPRESSIONS = st.recursive(st.one_of(_NAMES, _CONSTANTS, _READS), _larger, max_leaves=5)


def _indented(body: list[str]) -> str:
    return "\n".join(f"    {line}" for statement in body for line in statement.splitlines())


def _simple() -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{} = {}".format, _NAMES, _EXPRESSIONS),
        st.builds("{} += {}".format, _NAMES, _EXPRESSIONS),
        st.builds("{}.append({})".format, _NAMES, _EXPRESSIONS),
        st.builds("{}['k'] = {}".format, _NAMES, _EXPRESSIONS),
        st.builds("{}['k']['m'] = {}".format, _NAMES, _EXPRESSIONS),
        st.builds("{}.update({})".format, _NAMES, _EXPRESSIONS),
        st.builds("{} = {}['k']".format, _NAMES, _NAMES),
        st.builds("del {}".format, _NAMES),
    )


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, min_size=1, max_size=3).map(_indented)
    return st.one_of(
        st.builds("if {}:\n{}".format, _EXPRESSIONS, body),
        st.builds("if {}:\n{}\nelse:\n{}".format, _EXPRESSIONS, body, body),
        st.builds("try:\n{}\nexcept KeyError:\n{}".format, body, body),
        st.builds("try:\n{}\nexcept Exception:\n{}".format, body, body),
        st.builds("for x in ['p', 'q']:\n{}".format, body),
    )


_STATEMENTS = st.recursive(_simple(), _compound, max_leaves=5)
_HEAD = """import os
def helper(value, other='o'):
    if value == 'production':
        return True
    if not value:
        return other
    return [value]
A = 'a'
B = ['b']
C = {'k': {'m': 1}}
"""


@settings(
    max_examples=int(os.environ.get("DJAWS_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(body=st.lists(_STATEMENTS, min_size=1, max_size=6))
def test_what_python_makes_of_any_program_is_among_what_it_can_be(body: list[str]) -> None:
    assert disagreements(_HEAD + "\n".join(body) + "\n") == []
