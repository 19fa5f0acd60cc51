"""Flag libraries that are used and not set up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from djaws.finding import Span
from djaws.model.code import Call, CodeFacts
from djaws.model.django import Project
from djaws.model.flags import Evaluation
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from .model import holds


@policy(
    "Flag library is used and not set up in the settings",
    severity="medium",
    pillar="reliability",
    languages=("django",),
    advice=("A7.3",),
    source="django-waffle: installation; django-flags: installation; Unleash, LaunchDarkly and Flagsmith: one client a process",
)
def miswired_backend(system: System) -> Verdicts:
    """Code evaluates django-waffle flags and `INSTALLED_APPS` lacks `waffle`, or `MIDDLEWARE` lacks `WaffleMiddleware` while flags are
    evaluated for a request; or code evaluates django-flags and `INSTALLED_APPS` lacks `flags`; or a client of Unleash, LaunchDarkly or
    Flagsmith is made anew for each request.

    Undecided where the settings cannot be known; silent where code asks whether the app is installed. Switches, samples and flags
    asked for a user need no middleware, and one that derives from `WaffleMiddleware` counts.

    ## Why

    Without the app there is no table: the first evaluation fails. Without the middleware no cookie is set, so a flag for half of
    the users is drawn anew on each request. A client fetches all flags before its first answer: made in a view, each request waits
    for the flag service, and its threads pile up.

    ## Fix: Django

        INSTALLED_APPS += ["waffle"]
        MIDDLEWARE += ["waffle.middleware.WaffleMiddleware"]

    Make the client once, in a module or in `AppConfig.ready()`, and ask it in the view.
    """
    code = [facts for facts in system.code.values() if not facts.is_test]
    for project in system.projects:
        used = [
            each for each in system.flags.evaluations if not each.is_test and _belongs(each, project, system)
        ]
        yield from _waffle_faults(
            project, [each for each in used if each.backend.startswith("waffle.")], code
        )
        if not _is_optional(code, "flags"):
            asked = [each for each in used if each.backend == "django-flags"]
            yield from _lacking(project, asked, "INSTALLED_APPS", "flags")
    for facts in code:
        yield from _made_for_each_request(facts)


def _waffle_faults(project: Project, used: list[Evaluation], code: list[CodeFacts]) -> Verdicts:
    """The missing app, else the missing middleware."""
    installed = holds(project.settings.get("INSTALLED_APPS"), "waffle")
    if installed is not True and not _is_optional(code, "waffle"):
        yield from _lacking(project, used, "INSTALLED_APPS", "waffle")
    if installed is not False and _asks_for_requests(used, code) and not _has_own_middleware(code):
        flags = [each for each in used if each.backend == "waffle.flag"]
        yield from _lacking(project, flags, "MIDDLEWARE", "waffle.middleware.WaffleMiddleware")


def _belongs(each: Evaluation, project: Project, system: System) -> bool:
    """Whether the project is the nearest one around the evaluation."""
    around = [other.root for other in system.projects if _is_under(each.span.path, other.root)]
    return bool(around) and max(around, key=len) == project.root


def _is_under(path: str, root: str) -> bool:
    return not root or path.startswith(f"{root}/")


def _is_optional(code: Iterable[CodeFacts], app: str) -> bool:
    """Whether code asks if the app is installed: then doing without it is foreseen."""
    return any(
        argument is not None and argument.text == app
        for facts in code
        for call in facts.calls_to("django.apps.apps.is_installed")
        for argument in call.arguments[:1]
    )


def _has_own_middleware(code: Iterable[CodeFacts]) -> bool:
    return any(
        base.endswith("WaffleMiddleware") for facts in code for each in facts.classes for base in each.bases
    )


_FOR_REQUESTS = (
    *("waffle.flag_is_active", "waffle.decorators.waffle_flag", "waffle.utils.flag_is_active"),
    "waffle.models.flag_is_active",
)


def _asks_for_requests(used: list[Evaluation], code: list[CodeFacts]) -> bool:
    """Whether a question carries a request, in whose cookies the middleware keeps the answer: a user's flag needs none."""
    return any(each.form == "mixin" and each.backend == "waffle.flag" for each in used) or any(
        True for facts in code for _ in facts.calls_to(*_FOR_REQUESTS)
    )


def _lacking(project: Project, used: list[Evaluation], setting: str, wanted: str) -> Verdicts:
    first = next((each for each in used if each.form not in ("template", "javascript")), None)
    if first is None:
        return
    value = project.settings.get(setting)
    found = holds(value, wanted)
    if found is None:
        if value.unknown:
            yield undecided(value.unknown.span, value.unknown.because)
        return
    if not found:
        span = value.span if value.span.line else Span(project.settings_path)
        yield finding(
            span,
            f"{setting} lacks {wanted!r}, and flags are evaluated with it",
            subject=setting,
            related=_where(first),
            confidence="medium" if setting == "MIDDLEWARE" else None,
        )


def _where(first: Evaluation) -> Iterator[tuple[Span, str]]:
    yield first.span, f"flag {first.name!r} is evaluated here"


_CLIENTS = (
    *("UnleashClient.UnleashClient", "ldclient.LDClient", "ldclient.client.LDClient"),
    *("flagsmith.Flagsmith", "flagsmith.flagsmith.Flagsmith"),
)
_ONCE = ("cache", "lru_cache", "cached_property", "receiver")


def _made_for_each_request(facts: CodeFacts) -> Verdicts:
    functions = {each.name: each for each in facts.functions}
    for call in facts.calls_to(*_CLIENTS):
        function = functions.get(call.scope)
        if function is None or "request" not in function.parameters:
            continue
        if not any(name.rpartition(".")[2] in _ONCE for name in function.decorators):
            yield finding(
                facts.span(call.line),
                f"{_client(call)} is made anew for each request",
                subject=_client(call),
                confidence="medium",
            )


def _client(call: Call) -> str:
    return call.callee.rpartition(".")[2]
