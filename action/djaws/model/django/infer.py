"""Where the Django projects are and which settings module production uses: from names and bytes, nothing is parsed."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

from djaws.config import FileConfig
from djaws.errors import DjawsError
from djaws.files import MAX_BYTES, Tree, is_dockerfile, is_test, is_workflow
from djaws.finding import Span
from djaws.model.django.imports import Resolver
from djaws.model.django.productionness import PRODUCTION, UNSAID, WORKPLACE, productionness


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that names a settings module (or a configuration class). The lower `trust`, the closer to what is deployed."""

    name: str
    span: Span
    kind: str
    trust: int


@dataclass(frozen=True, slots=True)
class Place:
    """One Django project: where it is, which settings module stands for production, and why.

    `root` is the folder that its code is imported from, `path` the settings file (empty when there is none in the repository),
    `roots` all folders that imports may start from. `others` are the settings modules that were not chosen, best first.
    `is_deployed` says that something other than manage.py uses it. `inputs` are all files that evaluating it can read.
    """

    root: str
    module: str
    path: str
    because: str
    at: Span
    others: tuple[str, ...] = ()
    roots: tuple[str, ...] = ("",)
    configuration: str = ""
    is_deployed: bool = True
    inputs: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()


def places(tree: Tree, config: FileConfig) -> tuple[Place, ...]:
    """Every Django project of the repository, by root. Raises `DjawsError` when a configured settings module is not there."""
    return _Search(tree, config).places()


# --- what names settings modules

_SETTING_NAME = rb"[A-Za-z_][\w.]*"
_GAP = rb"\s{0,60}"
_AFTER_NAME = (
    rb"""["']?"""
    + _GAP
    + rb"""(?:\]\s?=|[:=,]|\s)"""
    + _GAP
    + rb"""(?:-\s?)?(?:["']?[Vv]alue["']?"""
    + _GAP
    + rb"[:=]"
    + _GAP
    + rb""")?["']?"""
)
_MODULE = re.compile(rb"DJANGO_SETTINGS_MODULE(?::-|" + _AFTER_NAME + rb")(" + _SETTING_NAME + rb")")
_FLAG = re.compile(rb"--settings(?:=|[\"']?,?\s{1,20}[\"']?)(" + _SETTING_NAME + rb")")
_ZAPPA = re.compile(rb"[\"']?django_settings[\"']?\s{0,20}[:=]\s{0,20}[\"']?(" + _SETTING_NAME + rb")")
_CONFIGURATION = re.compile(rb"DJANGO_CONFIGURATION(?::-|" + _AFTER_NAME + rb")([A-Za-z_]\w*)")
_MAX_MENTIONS = 50
_MARKS = (b"DJANGO_SETTINGS_MODULE", b"--settings", b"django_settings", b"DJANGO_CONFIGURATION")

_NEVER = (
    ".md",
    ".rst",
    ".js",
    ".ts",
    ".tsx",
    ".jsx",
    ".css",
    ".scss",
    ".html",
    ".svg",
    ".lock",
    ".po",
    ".csv",
    ".ipynb",
    ".map",
    ".png",
    ".jpg",
    ".gif",
    ".woff",
    ".woff2",
    ".pdf",
    ".sql",
    ".xml",
)
_ENTRY_POINTS = {"wsgi.py": 10, "asgi.py": 10, "celery.py": 12, "manage.py": 11}
_TEST_FILES = (
    "pytest.ini",
    "tox.ini",
    "setup.cfg",
    "pyproject.toml",
    "noxfile.py",
    "conftest.py",
    "mypy.ini",
    ".pylintrc",
)
_CI = (".gitlab-ci.yml", "bitbucket-pipelines.yml", ".travis.yml", "azure-pipelines.yml")
_DEPLOYED = 10
_USED = 12
_TESTS = 30


def kind_of(path: str, data: bytes) -> tuple[str, int]:
    """What a file is to a deployment, and how much its word on settings counts (lower is more)."""
    name = posixpath.basename(path)
    if name in _ENTRY_POINTS:
        return name, _ENTRY_POINTS[name]
    if (
        name in _TEST_FILES
        or path.startswith((".idea/", ".vscode/"))
        or "/.idea/" in path
        or "/.vscode/" in path
        or "example" in name
        or "sample" in name
    ):
        return "a file for tests or editors", _TESTS
    for applies, kind, trust in (
        (is_dockerfile(path), "the Dockerfile", 0),
        (path.endswith((".tf", ".tofu", ".tf.json", ".tfvars")), "the Terraform code", 1),
        (b"AWS::Serverless" in data, "the SAM template", 2),
        (b"AWS::" in data or b"containerDefinitions" in data, "the task definition or template", 1),
        (
            ".ebextensions/" in path or ".elasticbeanstalk/" in path or ".platform/" in path,
            "Elastic Beanstalk's options",
            3,
        ),
        (name.startswith("zappa_settings"), "zappa's settings", 4),
        (is_workflow(path) or name in _CI or ".circleci/" in path, "the workflow", 5),
        (name.startswith("Procfile"), "the Procfile", 6),
        ("compose" in name and name.endswith((".yml", ".yaml")), "the compose file", 7),
        (name.startswith(("buildspec", "appspec")), "the buildspec", 8),
    ):
        if applies:
            return kind, trust
    if name.endswith(".py"):
        return "a script", 20
    return "a deployment file", 9


def mentions(tree: Tree, pattern: re.Pattern[bytes], path: str, data: bytes) -> Iterator[Mention]:
    """Every name that `pattern` finds in a file, with its line."""
    kind, trust = kind_of(path, data)
    for match in islice(pattern.finditer(data), _MAX_MENTIONS):
        start = data.rfind(b"\n", 0, match.start()) + 1
        line = data[start : data.find(b"\n", match.start()) % (len(data) + 1)].strip()
        if line.startswith((b"#", b"//", b";", b"<!--")) and not path.endswith(".py"):
            continue
        is_build = kind == "the Dockerfile" and line.upper().startswith(b"RUN")
        number = data.count(b"\n", 0, match.start(1)) + 1
        yield Mention(match[1].decode().rstrip("."), Span(path, number), kind, 13 if is_build else trust)


@dataclass
class _Search:
    tree: Tree
    config: FileConfig
    modules: list[Mention] = field(default_factory=list)
    configurations: list[Mention] = field(default_factory=list)
    _contents: dict[str, bytes] = field(default_factory=dict)

    def places(self) -> tuple[Place, ...]:
        roots = self._roots()
        if not roots:
            return ()
        self._scan()
        found = [self._place(root) for root in roots]
        kept = [place for place in found if place is not None]
        self._check_override(kept)
        return tuple(kept)

    def _check_override(self, found: Iterable[Place]) -> None:
        wanted = self.config.settings
        if wanted and not any(place.module == wanted and place.path for place in found):
            raise DjawsError(
                f"settings module {wanted!r} is not in the repository; give its dotted name as Django imports it"
            )

    # --- roots

    def _roots(self) -> list[str]:
        """The folders of projects: those with manage.py, those above a lone wsgi.py or asgi.py, and the configured ones."""
        roots = dict.fromkeys(
            entry.root.strip("/").removeprefix("./").strip(".") for entry in self.config.projects
        )
        served: list[str] = []
        for path in self.tree.paths:
            name = posixpath.basename(path)
            if name not in ("manage.py", "wsgi.py", "asgi.py") or is_test(path) or "{{" in path:
                continue
            if name == "manage.py" and self._mentions_django(path):
                roots.setdefault(posixpath.dirname(path))
            elif name != "manage.py" and self._mentions_django(path):
                served.append(posixpath.dirname(path))
        for folder in served:
            if not any(_is_below(folder, root) for root in roots):
                roots.setdefault(posixpath.dirname(folder))
        return sorted(roots) if roots else self._roots_by_settings()

    def _mentions_django(self, path: str) -> bool:
        return b"django" in self._bytes(path).lower()

    def _roots_by_settings(self) -> list[str]:
        """Where nothing starts a project: the folder that a complete settings module can be imported from."""
        found = [
            path for path in self.tree.with_suffix(".py") if _looks_like_settings(path) and not is_test(path)
        ]
        whole = [
            path
            for path in found
            if b"ROOT_URLCONF" in (data := self._bytes(path)) and b"INSTALLED_APPS" in data
        ]
        return sorted({self._above_packages(path) for path in whole})

    def _above_packages(self, path: str) -> str:
        folder = posixpath.dirname(path)
        while folder and f"{folder}/__init__.py" in self.tree:
            folder = posixpath.dirname(folder)
        return folder

    # --- mentions

    def _scan(self) -> None:
        for path in self.tree.paths:
            name = posixpath.basename(path)
            if path.endswith(_NEVER) or (path.endswith(".py") and name not in _ENTRY_POINTS):
                continue
            data = self._bytes(path)
            if not any(mark in data for mark in _MARKS):
                continue
            for pattern in (_MODULE, _FLAG, _ZAPPA):
                self.modules += mentions(self.tree, pattern, path, data)
            self.configurations += mentions(self.tree, _CONFIGURATION, path, data)

    def _bytes(self, path: str) -> bytes:
        """The content, to be searched and not parsed: empty when it is no plain file of a sane size."""
        if path not in self._contents:
            self._contents[path] = _content(self.tree.file(path))
        return self._contents[path]

    # --- one project

    def _place(self, root: str) -> Place | None:
        resolver = Resolver(self.tree, self._import_roots(root))
        given = self._given(root)
        candidates = self._candidates(root, resolver)
        chosen = given or (candidates[0] if candidates else None)
        if chosen is None:
            return self._unsettled(root)
        path = resolver.resolve(chosen.name, 0, "")
        if path is None or not path.endswith(".py"):
            return self._unsettled(root, chosen)
        others = tuple(dict.fromkeys(one.name for one in candidates if one.name != chosen.name))
        return Place(
            root=root,
            module=chosen.name,
            path=path,
            because=_because(chosen, others),
            at=chosen.span,
            others=others,
            roots=resolver.roots,
            configuration=self._configuration(),
            is_deployed=self._is_deployed(root, candidates, chosen),
            inputs=self._inputs(resolver, path),
            requirements=self._requirements(root),
        )

    def _import_roots(self, root: str) -> tuple[str, ...]:
        """The project's folder first, then those that its code is usually put below, then those above."""
        below = [
            posixpath.join(root, name) for name in ("src", "app", "apps", "backend", "server", "project")
        ]
        above = []
        folder = root
        while folder:
            folder = posixpath.dirname(folder)
            above.append(folder)
        return tuple(dict.fromkeys((root, *below, *above)))

    def _given(self, root: str) -> Mention | None:
        for entry in self.config.projects:
            if entry.settings and entry.root.strip("/").removeprefix("./").strip(".") == root:
                return Mention(entry.settings, Span(""), "the configuration", -1)
        wanted = self.config.settings
        if wanted and Resolver(self.tree, self._import_roots(root)).resolve(wanted, 0, "") is not None:
            return Mention(wanted, Span(""), "the configuration", -1)
        return None

    def _candidates(self, root: str, resolver: Resolver) -> list[Mention]:
        """The settings modules that could be this project's, the most production-like first."""
        own = [mention for mention in self.modules if self._belongs(mention, root, resolver)]
        used = [mention for mention in own if mention.trust <= _USED and _rank(mention) <= UNSAID]
        siblings = [] if used else [*self._siblings(own, resolver), *self._by_content(root)]
        return sorted(
            [*own, *siblings],
            key=lambda one: (one.trust >= _TESTS, _rank(one), _file_rank(one), one.trust, one.span),
        )

    def _belongs(self, mention: Mention, root: str, resolver: Resolver) -> bool:
        """Whether it names a module of this project: one below its root, or one that its own entry points name."""
        found = resolver.resolve(mention.name, 0, "")
        if found is None or not found.endswith(".py"):
            return False
        return _is_below(posixpath.dirname(found), root) or _is_below(
            posixpath.dirname(mention.span.path), root
        )

    def _siblings(self, own: Iterable[Mention], resolver: Resolver) -> Iterator[Mention]:
        """Complete settings modules beside those that are named, by names that speak of production."""
        seen = set()
        for mention in own:
            found = resolver.resolve(mention.name, 0, "")
            package = mention.name.rpartition(".")[0]
            folder = posixpath.dirname(found) if found else ""
            if folder in seen:
                continue
            seen.add(folder)
            for path in self.tree.with_suffix(".py"):
                stem = posixpath.basename(path).removesuffix(".py")
                if (
                    posixpath.dirname(path) == folder
                    and productionness(stem) == PRODUCTION
                    and self._is_whole(path)
                ):
                    yield Mention(f"{package}.{stem}" if package else stem, Span(path), "its name", 21)

    def _by_content(self, root: str) -> Iterator[Mention]:
        for path in self.tree.with_suffix(".py"):
            inside = _is_below(posixpath.dirname(path), root)
            if (
                inside
                and _looks_like_settings(path)
                and not is_test(path)
                and b"INSTALLED_APPS" in self._bytes(path)
            ):
                relative = path[len(root) + 1 :] if root else path
                dotted = relative.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
                yield Mention(dotted, Span(path), "its content", 22)

    def _is_whole(self, path: str) -> bool:
        data = self._bytes(path)
        return b"import *" in data or b"INSTALLED_APPS" in data

    def _configuration(self) -> str:
        ranked = sorted(
            self.configurations, key=lambda one: (_rank(one), _file_rank(one), one.trust, one.span)
        )
        return ranked[0].name if ranked else ""

    def _is_deployed(self, root: str, candidates: Iterable[Mention], chosen: Mention) -> bool:
        if chosen.trust < 0 or any(one.trust <= _DEPLOYED for one in candidates):
            return True
        served = ("wsgi.py", "asgi.py")
        return any(
            posixpath.basename(path) in served and _is_below(posixpath.dirname(path), root)
            for path in self.tree.paths
        )

    def _unsettled(self, root: str, chosen: Mention | None = None) -> Place | None:
        entry = posixpath.join(root, "manage.py")
        if chosen is None and entry not in self.tree:
            return None
        at = chosen.span if chosen and chosen.span.path else Span(entry if entry in self.tree else root)
        named = f"`{chosen.name}`" if chosen else "the settings module that it uses"
        return Place(
            root,
            chosen.name if chosen else "",
            "",
            f"{named} is not in the repository",
            at,
            inputs=(entry,) if entry in self.tree else (),
        )

    # --- inputs

    def _inputs(self, resolver: Resolver, path: str) -> tuple[str, ...]:
        """Everything that the evaluation may read, and the templates that show what a deployment adds."""
        closure = resolver.closure(path)
        folders = {posixpath.dirname(one) for one in closure}
        shown = [other for other in self._neighbours if posixpath.dirname(other) in folders]
        return tuple(sorted({*closure, *shown}))

    @cached_property
    def _neighbours(self) -> tuple[str, ...]:
        """Templates and examples of settings files."""
        words = ("local", "setting", "secret", "private", "override", "env", "conf")
        ends = (
            ".example",
            ".template",
            ".tmpl",
            ".j2",
            ".dist",
            ".sample",
            ".default",
            ".tpl",
            ".txt",
            ".py-tpl",
            ".jinja",
            ".jinja2",
        )
        return tuple(
            path
            for path in self.tree.paths
            if any(word in posixpath.basename(path) for word in words)
            and (
                path.endswith(ends)
                or (path.endswith(".py") and any(end[1:] in posixpath.basename(path) for end in ends[:7]))
            )
        )

    def _requirements(self, root: str) -> tuple[str, ...]:
        """Requirement and lock files of the project, the nearest folder first."""
        found = []
        folder: str | None = root
        while folder is not None:
            found += [path for path in self._requirement_files if _holds(folder, path)]
            folder = posixpath.dirname(folder) if folder else None
        return tuple(dict.fromkeys(found))

    @cached_property
    def _requirement_files(self) -> tuple[str, ...]:
        locks = (
            "uv.lock",
            "poetry.lock",
            "Pipfile.lock",
            "pdm.lock",
            "pylock.toml",
            "pyproject.toml",
            "setup.cfg",
            "Pipfile",
        )
        return tuple(
            sorted(
                (
                    path
                    for path in self.tree.paths
                    if (name := posixpath.basename(path)) in locks or _is_requirements(path, name)
                ),
                key=lambda path: (
                    locks.index(name) if (name := posixpath.basename(path)) in locks[:5] else 6,
                    productionness(path),
                    path,
                ),
            )
        )


def _content(file: Path) -> bytes:
    try:
        with open(file, "rb") as stream:
            status = os.fstat(stream.fileno())
            return stream.read() if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_BYTES else b""
    except OSError:
        return b""


def _is_requirements(path: str, name: str) -> bool:
    return name.endswith((".txt", ".in")) and ("requirement" in path or name.startswith("constraints"))


def _holds(folder: str, path: str) -> bool:
    inside = posixpath.dirname(path)
    return inside in (folder, posixpath.join(folder, "requirements"), posixpath.join(folder, "requirement"))


def _is_below(folder: str, root: str) -> bool:
    return not root or folder == root or folder.startswith(f"{root}/")


def _looks_like_settings(path: str) -> bool:
    name = posixpath.basename(path)
    folder = posixpath.basename(posixpath.dirname(path))
    return "settings" in name or folder in ("settings", "config", "conf")


def _rank(mention: Mention) -> int:
    return productionness(mention.name)


def _file_rank(mention: Mention) -> int:
    """A mention in `Dockerfile.dev` or `compose.local.yml` is about a workplace, whatever it names."""
    name = posixpath.basename(mention.span.path)
    return productionness(name) if productionness(name) >= WORKPLACE else 0


def _because(chosen: Mention, others: tuple[str, ...]) -> str:
    if chosen.trust < 0:
        return f"{chosen.name}, as configured"
    if chosen.kind in ("its name", "its content"):
        why = f"{chosen.name}, by {chosen.kind}"
    else:
        why = f"{chosen.name}, which {chosen.kind} names ({chosen.span.path}:{chosen.span.line})"
    if not others:
        return why
    return f"{why}; the most production-like of {len(others) + 1}, the others are {', '.join(others[:4])}"
