"""The URL patterns of a project, read from its URL configurations without importing them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from djaws.files import Tree
from djaws.finding import Span
from djaws.model.django.interpreter import Interpreter, evaluate_module
from djaws.model.django.objects import Library, Module, Url
from djaws.model.django.settings import Settings
from djaws.model.value import ALWAYS, Guard, Seq, Unknown, Value

MAX_PATTERNS = 5_000
_MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Pattern:
    """One URL pattern. `regex` matches the whole path without its leading slash; it is empty when the route is not known.

    `route` is the text as written, with the routes of the includes that lead to it. `view` is the dotted name as it stands in
    the file, `calls` are the includes, outermost first, `guard` the condition under which the pattern is there.
    """

    route: str
    regex: str
    view: str
    name: str
    span: Span
    calls: tuple[Span, ...] = ()
    guard: Guard = ALWAYS

    def matches(self, path: str) -> bool | None:
        """Whether it answers the path (`/health/`); None when that is not known."""
        if not self.regex:
            return None
        try:
            return re.match(self.regex, path.lstrip("/")) is not None
        except re.error:
            return None


@dataclass(frozen=True, slots=True)
class Urls:
    """All patterns in the order in which Django tries them, and why there may be more."""

    patterns: tuple[Pattern, ...] = ()
    rest: Unknown | None = None

    def answering(self, path: str) -> tuple[Pattern, ...]:
        """The patterns that certainly match the path."""
        return tuple(pattern for pattern in self.patterns if pattern.matches(path))

    def answers(self, path: str) -> bool | None:
        """Whether some pattern matches the path; None when one that is not known might."""
        verdicts = [pattern.matches(path) for pattern in self.patterns]
        if True in verdicts:
            return True
        return None if self.rest or None in verdicts else False


def read_urls(tree: Tree, roots: Sequence[str], settings: Settings) -> Urls:
    """The patterns that `ROOT_URLCONF` leads to."""
    urlconf = settings.get("ROOT_URLCONF")
    module = urlconf.only(None)
    if not isinstance(module, str):
        why = urlconf.unknown or Unknown("ROOT_URLCONF is not set to one module", urlconf.span)
        return Urls((), why)
    return _Reader(tree, roots, settings).read(module, urlconf.span)


class _Reader:
    def __init__(self, tree: Tree, roots: Sequence[str], settings: Settings) -> None:
        self.interpreter = Interpreter(tree, roots)
        self.interpreter.settings = settings.get
        self.found: list[Pattern] = []
        self.rest: Unknown | None = None

    def read(self, dotted: str, span: Span) -> Urls:
        self._module(dotted, span, _Prefix())
        return Urls(tuple(self.found), self.rest)

    def _module(self, dotted: str, span: Span, prefix: _Prefix) -> None:
        path = self.interpreter.resolver.resolve(dotted, 0, "")
        if path is None or not path.endswith(".py"):
            self._more(f"the URL configuration {dotted} is not in the repository", span)
            return
        self._patterns_of(evaluate_module(self.interpreter, path), prefix)

    def _patterns_of(self, module: Module, prefix: _Prefix) -> None:
        slot = module.scope.slots.get("urlpatterns")
        if slot is None:
            why = module.scope.open
            self._more(why.because if why else f"{module.path} has no urlpatterns", Span(module.path))
            return
        self._patterns(slot.value, prefix)

    def _more(self, because: str, span: Span) -> None:
        self.rest = self.rest or Unknown(because, span)

    def _patterns(self, value: Value[Any], prefix: _Prefix) -> None:
        if len(prefix.calls) > _MAX_DEPTH or len(self.found) > MAX_PATTERNS:
            self._more("URL configurations that include each other without end", value.span)
            return
        if value.unknown:
            self._more(value.unknown.because, value.unknown.span)
        for alternative in value.alternatives:
            under = prefix.when(alternative.guard)
            data = alternative.value
            if under is None:
                continue
            if isinstance(data, Seq):
                self._each(data, under)
            elif data is not None or alternative.written:
                self._more("urlpatterns is no list", alternative.span)

    def _each(self, data: Seq, prefix: _Prefix) -> None:
        if data.rest:
            self._more(data.rest.because, data.rest.span)
        for item in data.items:
            if item.unknown:
                self._more(item.unknown.because, item.unknown.span)
            for alternative in item.alternatives:
                under = prefix.when(alternative.guard)
                if under is None or (alternative.value is None and not alternative.written):
                    continue
                if isinstance(alternative.value, Url):
                    self._url(alternative.value, under)
                else:
                    self._more("a URL pattern that is not known", alternative.span)

    def _url(self, url: Url, prefix: _Prefix) -> None:
        if url.kind == "i18n":
            self._patterns(url.target, prefix.with_unknown())
            return
        longer = prefix.with_route(url)
        target = url.target.only(None)
        if isinstance(target, Url) and target.kind == "include":
            self._include(target, longer)
        elif isinstance(target, Seq):
            self._tuple(target, longer, url)
        elif (
            isinstance(target, Library) and target.name == "django.contrib.admin.site.urls"
        ) or url.view.endswith("site.urls"):
            self._site(url, longer, "django.contrib.admin")
        else:
            self.found.append(longer.pattern(url, is_end=True))

    def _site(self, url: Url, prefix: _Prefix, view: str) -> None:
        """The admin answers everything below its route (with a login page, where nothing else fits)."""
        pattern = prefix.pattern(url, is_end=False)
        self.found.append(
            Pattern(pattern.route, pattern.regex, view, pattern.name, url.span, prefix.calls, prefix.guard)
        )

    def _include(self, include: Url, prefix: _Prefix) -> None:
        target = include.target.only(None)
        deeper = prefix.through(include.span)
        if isinstance(target, str):
            self._limited(target, include.span, deeper)
        elif isinstance(target, Module):
            self._patterns_of(target, deeper)
        elif isinstance(target, Seq):
            self._tuple(target, deeper, include)
        else:
            self._more("an include that is not followed", include.span)

    def _limited(self, dotted: str, span: Span, prefix: _Prefix) -> None:
        if len(prefix.calls) > _MAX_DEPTH:
            self._more("URL configurations that include each other without end", span)
        else:
            self._module(dotted, span, prefix)

    def _tuple(self, target: Seq, prefix: _Prefix, url: Url) -> None:
        """`include((patterns, app_name))` and `include([…])`."""
        first = target.items[0].only(None) if target.items else None
        if isinstance(first, Seq):
            self._patterns(target.items[0], prefix.through(url.span))
        elif isinstance(first, str):
            self._limited(first, url.span, prefix.through(url.span))
        elif isinstance(first, Url) or not target.items:
            self._each(target, prefix.through(url.span))
        else:
            self._more("an include that is not followed", url.span)


@dataclass(frozen=True, slots=True)
class _Prefix:
    """What the includes so far demand. `regex` is None once a part of the route is unknown."""

    route: str = ""
    regex: str | None = ""
    calls: tuple[Span, ...] = ()
    guard: Guard = ALWAYS

    def when(self, guard: Guard) -> _Prefix | None:
        joined = self.guard & guard
        return _Prefix(self.route, self.regex, self.calls, joined) if joined is not None else None

    def through(self, span: Span) -> _Prefix:
        return _Prefix(self.route, self.regex, (*self.calls, span), self.guard)

    def with_unknown(self) -> _Prefix:
        return _Prefix(self.route, None, self.calls, self.guard)

    def with_route(self, url: Url) -> _Prefix:
        route = url.route.only(None)
        if not isinstance(route, str):
            return _Prefix(f"{self.route}…", None, self.calls, self.guard)
        part = route_regex(route) if url.kind == "path" else route.removeprefix("^")
        joined = None if self.regex is None else f"{self.regex}{part}"
        return _Prefix(f"{self.route}{route.removeprefix('^')}", joined, self.calls, self.guard)

    def pattern(self, url: Url, *, is_end: bool) -> Pattern:
        end = r"\Z" if is_end and url.kind == "path" else ""
        regex = "" if self.regex is None or is_costly(self.regex) else f"^{self.regex}{end}"
        name = url.name.only("")
        return Pattern(
            self.route,
            regex,
            url.view,
            name if isinstance(name, str) else "",
            url.span,
            self.calls,
            self.guard,
        )


_CONVERTERS = {
    "int": "[0-9]+",
    "path": ".+",
    "slug": "[-a-zA-Z0-9_]+",
    "str": "[^/]+",
    "uuid": "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
}
_PARAMETER = re.compile(r"<(?:([^>:]+):)?[^>]+>")


def route_regex(route: str) -> str:
    """The expression for a route of `path`. Converters of the project's own match one segment."""
    parts = []
    at = 0
    for match in _PARAMETER.finditer(route):
        parts += [re.escape(route[at : match.start()]), _CONVERTERS.get(match[1] or "str", "[^/]+")]
        at = match.end()
    return "".join([*parts, re.escape(route[at:])])


_NESTED_REPEAT = re.compile(r"[*+}]\)?[^()]*\)[*+{]")


def is_costly(regex: str) -> bool:
    """Whether an expression of a stranger's might take for ever to match."""
    return len(regex) > 500 or bool(_NESTED_REPEAT.search(regex)) or regex.count("*") + regex.count("+") > 12
