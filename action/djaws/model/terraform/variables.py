"""What the variables of a root are given: tfvars files that Terraform reads by itself, and one environment for each other file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from djaws.errors import Refused
from djaws.files import Tree
from djaws.finding import Span, Undecided
from djaws.model.terraform import hcl, hcljson
from djaws.model.terraform.files import UNPARSABLE
from djaws.model.terraform.scan import directory_of, is_automatic
from djaws.model.terraform.syntax import Attribute, Parsed
from djaws.model.value import ALWAYS, Guard


@dataclass(frozen=True)
class Assignment:
    """One file's value for a variable, and the environment in which it holds."""

    attribute: Attribute
    path: str
    guard: Guard = ALWAYS


@dataclass
class Assignments:
    """What is assigned to each variable. `environments` names the var files; `is_closed` says that there are no others."""

    automatic: dict[str, Assignment] = field(default_factory=dict)
    by_environment: dict[str, list[Assignment]] = field(default_factory=dict)
    environments: tuple[str, ...] = ()
    is_closed: bool = False
    files: tuple[str, ...] = ()
    problems: list[Undecided] = field(default_factory=list)


def assignments(
    tree: Tree, root: str, nearby: Iterable[str], configured: Iterable[str], declared: Mapping[str, object]
) -> Assignments:
    """What the root's variables are given.

    `nearby` are the variable files in and below the root's directory. Those that Terraform does not read by itself count as
    environments when they set a declared variable: the only ones when named in the configuration (`configured`), else
    beside whatever is set without a file.
    """
    found = Assignments()
    files = sorted(nearby)
    for path in sorted((path for path in files if is_automatic(path)), key=_precedence):
        if directory_of(path) == root:
            for name, attribute in _attributes(tree, path, found).items():
                found.automatic[name] = Assignment(attribute, path)
    named = list(configured)
    found.is_closed = bool(named)
    candidates = named or [path for path in files if not is_automatic(path)]
    environments = []
    for path in candidates:
        attributes = _attributes(tree, path, found)
        if not any(name in declared for name in attributes):
            continue
        label = path.removeprefix(f"{root}/") if root else path
        environments.append(label)
        for name, attribute in attributes.items():
            assignment = Assignment(attribute, path, Guard.when("tfvars", label))
            found.by_environment.setdefault(name, []).append(assignment)
    found.environments = tuple(environments)
    return found


def _precedence(path: str) -> tuple[int, str]:
    name = path.rpartition("/")[2]
    return ({"terraform.tfvars": 0, "terraform.tfvars.json": 1}.get(name, 2), name)


def _attributes(tree: Tree, path: str, found: Assignments) -> Mapping[str, Attribute]:
    try:
        text = tree.text(path)
    except Refused as refused:
        found.problems.append(Undecided(UNPARSABLE, Span(path, refused.line), refused.because))
        return {}
    parsed: Parsed = hcljson.parse_attributes(text) if path.endswith(".json") else hcl.parse(text)
    found.problems += [Undecided(UNPARSABLE, Span(path, line), because) for line, because in parsed.errors]
    found.files += (path,)
    return parsed.body.attributes
