"""Brings data/rules.json up to the installed engines.

    python tools/refresh_rules.py            rewrite the file
    python tools/refresh_rules.py --check    fail when the file is not what a rewrite would give

An engine's own words (title, documentation, what it asks for) are read anew. What djaws judges (severity, topic, pillar,
default, advice) is kept from the file; a rule that is new gets the catalogue's fallback and is listed, to be judged by hand.
An engine whose installed version is not the file's is left alone under `--check`, since the file is then not about it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import _engine_facts
from _files import DATA, finish, read, today, with_lines

from djaws import catalogue

FILE = DATA / "rules.json"
ABOUT = (
    "Every rule of Checkov (AWS, Dockerfile, pipelines, secrets), cfn-lint, Bandit and Django's system checks. "
    "Titles and fixes are the engines' own; severity, topic, pillar, default and advice are djaws' judgement, "
    "and `basis` says what each severity rests on, AWS Security Hub first."
)
KEYS = (
    "engine", "id", "title", "severity", "confidence", "topic", "pillar", "default", "advice", "basis", "scope",
    "doc", "says", "fix",
)  # fmt: skip
ENGINES = ("checkov", "cfn-lint", "bandit", "django")


def main() -> int:
    checking = "--check" in sys.argv[1:]
    old = read(FILE)
    versions = _engine_facts.versions()
    stale = [name for name in ENGINES if versions[name] != old["engines"][name]]
    if checking and stale:
        print(f"not compared: {', '.join(stale)} differ from the versions the file was read from")
    rules = {(rule["engine"], rule["id"]): rule for rule in old["rules"]}
    known = {key: dict(rule) for key, rule in rules.items()}
    for key, fact in _engine_facts.facts().items():
        if not (checking and key[0] in stale):
            known[key] = _merged(known.get(key), key, fact)
    new = {
        "about": ABOUT,
        "read": old["read"] if checking or known == rules else today(),
        "engines": old["engines"] if checking else versions,
        "rules": sorted(known.values(), key=_order),
    }
    return finish(FILE, with_lines(new, "rules"), checking=checking)


def _merged(rule: dict[str, Any] | None, key: tuple[str, str], fact: dict[str, Any]) -> dict[str, Any]:
    if rule is None:
        rule = _judged_by_fallback(key, fact)
    for name in ("doc", "says", "fix"):
        rule.pop(name, None)
        if fact.get(name):
            rule[name] = fact[name]
    if "title" in fact and not key[1].startswith("CKV_SECRET_"):
        rule["title"] = fact["title"].strip().rstrip(".")
    return {name: rule[name] for name in KEYS if name in rule}


def _judged_by_fallback(key: tuple[str, str], fact: dict[str, Any]) -> dict[str, Any]:
    rule = catalogue.fallback(*key, fact.get("title") or fact["name"].replace("_", " "))
    print(f"new: {key[0]} {key[1]} {rule.title} ({rule.severity}, {rule.topic}): judge it")
    return {
        "engine": rule.engine,
        "id": rule.id,
        "title": rule.title,
        "severity": str(rule.severity),
        "confidence": str(rule.confidence),
        "topic": rule.topic,
        "pillar": rule.pillar,
        "default": rule.default,
        "advice": list(rule.advice),
        "basis": rule.severity_source,
        "scope": [],
    }


def _order(rule: dict[str, Any]) -> tuple[Any, ...]:
    parts = re.split(r"(\d+)", rule["id"])
    natural = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)
    return (ENGINES.index(rule["engine"]), natural)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.exit(main())
