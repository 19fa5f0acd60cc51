"""Which of several names is production's: of settings modules, configuration classes, stages and files."""

from __future__ import annotations

import posixpath
import re

PRODUCTION, UNSAID, STAGING, SHARED, WORKPLACE = range(5)

_WORDS: dict[int, frozenset[str]] = {
    PRODUCTION: frozenset(
        {"production", "prod", "prd", "live", "deploy", "deployment", "deployed", "heroku"}
    ),
    STAGING: frozenset({"staging", "stage", "stg", "preprod", "uat", "preview", "qa", "demo"}),
    SHARED: frozenset({"base", "common", "default", "defaults", "shared", "core"}),
    WORKPLACE: frozenset(
        {
            "dev",
            "devel",
            "develop",
            "development",
            "local",
            "localhost",
            "test",
            "tests",
            "testing",
            "ci",
            "debug",
            "example",
            "examples",
            "sample",
            "sandbox",
            "pytest",
            "build",
            "dummy",
        }
    ),
}


_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def productionness(name: str) -> int:
    """How little a dotted name, a path or a stage speaks of production: 0 it does, 1 it says nothing, 4 it speaks of a workplace.

    Only the last part of a dotted name or path counts.
    """
    words = _words(name)
    for rank in (WORKPLACE, STAGING, PRODUCTION, SHARED):
        if not _WORDS[rank].isdisjoint(words):
            return rank
    return UNSAID


def _words(name: str) -> list[str]:
    last = posixpath.basename(name if "/" in name else name.replace(".", "/").removesuffix("/py"))
    words = [word.lower() for word in _WORD.findall(last)]
    return [*words, "".join(words)]
