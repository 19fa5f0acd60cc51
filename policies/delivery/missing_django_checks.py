"""Pipelines that never let Django check itself."""

from __future__ import annotations

import re

from djaws.errors import Refused
from djaws.finding import Span
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from ._pipelines import Act, Run, runs
from .model import mentioned

_DJANGO = re.compile(
    r"\bmanage(\.py)?\s+\w|\bdjango-admin\b|\bpytest\b|\bpy\.test\b|\btox\b|\bnox\b|\bcoverage run\b"
)
_DEPLOY_CHECK = re.compile(
    r"\bcheck\b[^\n;&|]{0,200}--deploy\b|--deploy\b[^\n;&|]{0,200}\bcheck\b|\bdjaws check\b|uses:\s*\S*\bdjaws\b|call_command\(\s*['\"]check['\"]"
)
_MIGRATION_CHECK = re.compile(
    r"makemigrations\b[^\n;&|]{0,200}--(check|dry-run)|migrate\b[^\n;&|]{0,200}--check|makemigrations-check|check-migrations"
    r"|check_migrations|missing.migrations|lintmigrations",
    re.IGNORECASE,
)
_TEST_OF_MIGRATIONS = re.compile(rb"makemigrations['\"][^)]{0,200}check|MigrationAutodetector|autodetector")


@policy(
    "Pipeline without Django's own checks",
    severity="low",
    pillar="operations",
    languages=("pipeline",),
    advice=("A7.2",),
    source="Django documentation, deployment checklist",
)
def missing_django_checks(system: System) -> Verdicts:
    """The pipelines test a Django project, and nothing that they run calls `check --deploy`, or nothing calls
    `makemigrations --check`. djaws itself counts as the first; a test that looks for missing migrations as the second.

    Scripts, makefiles, tox and nox sessions and hooks are searched. It does not decide where a workflow of another
    repository may run them.

    ## Why

    A forgotten migration fails on the first request that needs it, and insecure settings do not fail at all.

    ## Fix: GitHub Actions

    ```yaml
    - run: python manage.py check --deploy --fail-level WARNING
    - run: python manage.py makemigrations --check --dry-run
    ```
    """
    if not system.projects:
        return
    every = runs(system)
    place = _tested(every)
    if place is None:
        return
    lacks = []
    if not mentioned(system, _DEPLOY_CHECK):
        lacks.append("`check --deploy`")
    if not mentioned(system, _MIGRATION_CHECK) and not _is_tested(system):
        lacks.append("`makemigrations --check`")
    if not lacks:
        return
    hidden = next((each.hidden for each in every if each.hidden), None)
    if hidden:
        yield undecided(hidden, "it runs something that is not in the repository")
        return
    yield finding(place, f"no pipeline runs {' or '.join(lacks)}", subject=place.path)


def _tested(every: tuple[Run, ...]) -> Span | None:
    """The last place where a pipeline runs Django or its tests; the checks belong beside it."""
    best: tuple[bool, Span] | None = None
    for run in every:
        for act in run.acts:
            if act.text and _DJANGO.search(act.text) and not re.match(r"(pip|uv|poetry|echo)\b", act.text):
                runs_tests = _runs_tests(act)
                if best is None or runs_tests > best[0]:
                    best = runs_tests, act.span
    return best[1] if best else None


def _runs_tests(act: Act) -> bool:
    return (
        re.search(r"\bmanage(\.py)?\s+test\b|\bpytest\b|\btox\b|\bnox\b|coverage run", act.text) is not None
    )


def _is_tested(system: System) -> bool:
    """Whether a test or another piece of Python looks for missing migrations."""
    for path in system.tree.with_suffix(".py"):
        if "test" in path or path.endswith(("tasks.py", "noxfile.py", "checks.py")):
            try:
                if _TEST_OF_MIGRATIONS.search(system.tree.read(path)):
                    return True
            except Refused:
                continue
    return False
