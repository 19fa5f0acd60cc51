"""A Django project of the repository: its settings as production has them, its version, its apps, templates and URLs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from djaws.config import FileConfig
from djaws.errors import Refused
from djaws.files import Tree
from djaws.finding import Span
from djaws.model.django.imports import Resolver
from djaws.model.django.infer import Place, places
from djaws.model.django.objects import CHECKOUT
from djaws.model.django.settings import Settings, evaluate
from djaws.model.django.urls import Urls, read_urls
from djaws.model.value import Map, Seq, Unknown, Value


@dataclass(frozen=True, slots=True)
class Requirement:
    """The version of Django that the project asks for, and where. `is_exact` is false for a lower bound."""

    version: tuple[int, int]
    text: str
    span: Span
    is_exact: bool = True


class Project:
    """One Django project, read lazily. Paths are relative to the repository's top."""

    def __init__(self, tree: Tree, place: Place, environment: Mapping[str, Value[Any]] | None = None) -> None:
        self.tree = tree
        self.place = place
        self.environment = dict(environment or {})

    @property
    def root(self) -> str:
        """The folder that the project's code is imported from, empty for the repository's top."""
        return self.place.root

    @property
    def settings_module(self) -> str:
        return self.place.module

    @property
    def settings_path(self) -> str:
        return self.place.path

    @property
    def inferred_from(self) -> tuple[Span, str]:
        """The place that names the settings module, and a sentence that says how it was chosen."""
        return self.place.at, self.place.because

    @cached_property
    def settings(self) -> Settings:
        """What the settings module gives, with the variables of `environment` known and every other unknown."""
        if not self.place.path:
            why = Unknown(self.place.because, self.place.at)
            return Settings(self.place.module, self.place.at.path, open=why)
        return evaluate(
            Tree(self.tree.root, self.place.inputs, {}, self.tree.digester),
            self.place.path,
            source_roots=self.place.roots,
            module=self.place.module,
            environment=self.environment,
            configuration=self.place.configuration,
            version=self.django.version if self.django else None,
        )

    @cached_property
    def django(self) -> Requirement | None:
        """The Django version that lock or requirement files pin, exact ones before bounds, nearest first."""
        found = [
            pin for path in self.place.requirements if (pin := required_django(self.tree, path)) is not None
        ]
        return next((pin for pin in found if pin.is_exact), found[0] if found else None)

    @cached_property
    def resolver(self) -> Resolver:
        return Resolver(self.tree, self.place.roots)

    @cached_property
    def apps(self) -> tuple[str, ...]:
        """The folders of the installed apps that are in the repository."""
        found = []
        for alternative in self.settings.get("INSTALLED_APPS").alternatives:
            data = alternative.value
            for item in data.items if isinstance(data, Seq) else ():
                for name in item.sometimes(lambda name: isinstance(name, str)):
                    found += self._app_folder(name.value)
        return tuple(dict.fromkeys(found))

    def _app_folder(self, name: str) -> list[str]:
        """The folder of an app, given by its package or by its configuration class."""
        for dotted in (name, name.rpartition(".apps.")[0]):
            path = self.resolver.resolve(dotted, 0, "") if dotted else None
            if path is not None:
                return [posixpath.dirname(path) if path.endswith(".py") else path]
        return []

    @cached_property
    def template_dirs(self) -> tuple[str, ...]:
        """The folders that templates are looked up in: those of `TEMPLATES`, then those of the apps."""
        found = []
        for alternative in self.settings.get("TEMPLATES").alternatives:
            data = alternative.value
            for item in data.items if isinstance(data, Seq) else ():
                engine = item.only(None)
                listed = engine.get("DIRS").only(None) if isinstance(engine, Map) else None
                found += [
                    text
                    for one in (listed.items if isinstance(listed, Seq) else ())
                    if (text := inside(one.only("")))
                ]
        found += [f"{app}/templates" if app else "templates" for app in self.apps]
        return tuple(folder for folder in dict.fromkeys(found))

    @cached_property
    def urls(self) -> Urls:
        """The URL patterns that ROOT_URLCONF leads to."""
        return read_urls(self.tree, self.place.roots, self.settings)


def projects(
    tree: Tree, config: FileConfig, environment: Mapping[str, Value[Any]] | None = None
) -> tuple[Project, ...]:
    """Every Django project of the repository whose settings module is there. `DjawsError` when a configured one is not."""
    return tuple(Project(tree, place, environment) for place in places(tree, config) if place.path)


def inside(path: object) -> str:
    """A path of the evaluation as one relative to the repository's top; empty when it lies elsewhere."""
    text = path if isinstance(path, str) else ""
    if not text.startswith(f"{CHECKOUT}/"):
        return ""
    return posixpath.normpath(text[len(CHECKOUT) + 1 :])


# --- versions

_LOCKED = re.compile(r"""name = "django"\s{1,4}version = "(\d+)\.(\d+)[^"]*\"""", re.IGNORECASE)
_PIPFILE = re.compile(r""""django": \{[^}]{0,4000}?"version": "==(\d+)\.(\d+)[^"]*\"""", re.IGNORECASE)
_PINNED = re.compile(
    r"""^[\s"'-]*django(?:\[[^\]]{0,60}\])?["']?\s{0,8}(?:=\s?\{\s?version\s?)?=?\s?["']?(===?|~=|>=|\^|~)\s?v?(\d+)(?:\.(\d+))?""",
    re.IGNORECASE | re.MULTILINE,
)


def required_django(tree: Tree, path: str) -> Requirement | None:
    """The Django version that a lock file or a requirements file asks for, None when it asks for none."""
    try:
        text = tree.text(path)
    except Refused:
        return None
    name = posixpath.basename(path)
    if name.endswith(".lock") or name == "pylock.toml":
        match = (_PIPFILE if name == "Pipfile.lock" else _LOCKED).search(text)
        return _requirement(path, text, match, (match[1], match[2]), True) if match else None
    match = _PINNED.search(text)
    if match is None:
        return None
    return _requirement(path, text, match, (match[2], match[3] or "0"), match[1] != ">=")


def _requirement(
    path: str, text: str, match: re.Match[str], version: tuple[str, str], is_exact: bool
) -> Requirement:
    start = match.start(1)
    line = text.count("\n", 0, start) + 1
    return Requirement(
        (int(version[0][:4]), int(version[1][:4])), match[0].strip(), Span(path, line), is_exact
    )
