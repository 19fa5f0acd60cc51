"""Write the pages that are made from code: one a policy, their index, and the map from advice to rules.

    python tools/generate_docs.py [--check]

`--check` writes nothing and exits 1 when a page is stale.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from djaws import catalogue, examples
from djaws.explain import every_rule
from djaws.finding import Rule
from djaws.policy import NoParams, Policy, load, own_folder

DOCS = Path(__file__).resolve().parent.parent / "docs"
SUFFIXES = {
    ".tf": "hcl",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".py": "python",
    ".toml": "toml",
    ".html": "html",
    ".json": "json",
}
#: Lines of an example that a page shows at most; longer ones are linked.
MOST_LINES = 60


def main(arguments: Sequence[str]) -> int:
    pages = dict(_pages())
    if "--check" not in arguments:
        folder = DOCS / "policies"
        folder.mkdir(exist_ok=True)
        for stale in set(folder.rglob("*.md")) - set(pages):
            stale.unlink()
        for path, text in pages.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return 0
    there = set((DOCS / "policies").rglob("*.md")) | {DOCS / "advice.md"}
    stale_pages = [
        path for path in sorted(there | set(pages)) if path not in pages or _text(path) != pages[path]
    ]
    for path in stale_pages:
        print(
            f"{path.relative_to(DOCS.parent)} is stale: run `python tools/generate_docs.py`", file=sys.stderr
        )
    return 1 if stale_pages else 0


def _text(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


def _pages() -> Iterator[tuple[Path, str]]:
    policies = load(own_folder())
    for policy in policies:
        yield DOCS / "policies" / f"{policy.id}.md", _page(policy)
    yield DOCS / "policies" / "README.md", _index(policies)
    yield DOCS / "advice.md", _advice(every_rule())


def _page(policy: Policy) -> str:
    rule = policy.rule
    lines = [
        f"# {rule.id}",
        "",
        f"{rule.title}.",
        "",
        f"| severity | confidence | pillar | default | advice | source |\n|---|---|---|---|---|---|\n"
        f"| {rule.severity} | {rule.confidence} | {rule.pillar} | {rule.default} | {', '.join(rule.advice)} | {rule.severity_source} |",
        "",
        rule.help,
        "",
        *_parameters(policy),
        *_examples(policy),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _parameters(policy: Policy) -> Iterator[str]:
    fields = msgspec.structs.fields(policy.params)
    if policy.params is NoParams or not fields:
        return
    yield "## Parameters"
    yield ""
    yield " ".join((policy.params.__doc__ or "").split())
    yield ""
    yield f'```toml\n[tool.djaws.policies."{policy.id}"]'
    for field in fields:
        yield f"{field.encode_name} = {_toml(_default(field))}"
    yield "```"
    yield ""


def _default(field: msgspec.structs.FieldInfo) -> object:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return field.default_factory() if field.default_factory is not msgspec.NODEFAULT else ""


def _toml(value: object) -> str:
    """A default as TOML: JSON, but for tables."""
    plain = msgspec.to_builtins(value)
    if isinstance(plain, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {_toml(each)}" for key, each in plain.items()) + "}"
    if isinstance(plain, list):
        return f"[{', '.join(map(_toml, plain))}]"
    return json.dumps(plain, ensure_ascii=False)


def _examples(policy: Policy) -> Iterator[str]:
    """The first failing and the first passing example of each language."""
    for language in policy.languages:
        for must_fail in (True, False):
            case = next(
                (c for c in examples.cases(policy) if c.language == language and c.must_fail is must_fail),
                None,
            )
            if case is not None:
                yield f"## {'Fails' if must_fail else 'Passes'}: {language}"
                yield ""
                yield from _shown(case)


def _shown(case: examples.Case) -> Iterator[str]:
    for path in case.tree.paths:
        text = case.tree.text(path).strip("\n")
        lines = text.split("\n")
        if len(lines) > MOST_LINES:
            lines = [*lines[:MOST_LINES], "…"]
        if len(case.tree.paths) > 1:
            yield f"`{path}`"
            yield ""
        yield "\n".join([f"````{SUFFIXES.get(Path(path).suffix, '')}", *lines, "````", ""])


def _index(policies: Sequence[Policy]) -> str:
    lines = [
        "# Policies of djaws",
        "",
        f"{len(policies)} policies. Made from the code by `tools/generate_docs.py`.",
        "",
    ]
    for heading, key in (("topic", "topic"), ("pillar", "pillar")):
        lines += [f"## By {heading}", ""]
        for name in sorted({getattr(policy.rule, key) for policy in policies}):
            lines += [f"### {name}", ""]
            lines += [
                f"- [{p.id}]({p.id}.md): {p.rule.title} ({p.rule.severity}, {p.rule.default})"
                for p in policies
                if getattr(p.rule, key) == name
            ]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _advice(rules: Sequence[Rule]) -> str:
    lines = [
        "# The founding advice, and the rules that enforce it",
        "",
        "Eight pieces of advice for Django teams on AWS. Under each point: how many rules of which engine serve it, and our own policies.",
        "",
    ]
    for section in catalogue.sections():
        lines += [f"## {section.title}", "", section.text, ""]
        for point in (each for each in catalogue.advice().values() if each.section == section.id):
            serving = [rule for rule in rules if point.id in rule.advice]
            counts = ", ".join(
                f"{engine} {sum(1 for rule in serving if rule.engine == engine)}"
                for engine in dict.fromkeys(rule.engine for rule in serving)
            )
            lines += [f"### {point.id} {point.title}", "", point.why, "", f"Rules: {counts or 'none'}.", ""]
            own = [rule for rule in serving if rule.engine == "djaws"]
            lines += [f"- [{rule.id}](policies/{rule.id}.md): {rule.title}" for rule in own]
            lines += [""] if own else []
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
