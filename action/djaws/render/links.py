"""Addresses that a report points to."""

from __future__ import annotations

from collections.abc import Callable

from djaws.finding import Rule
from djaws.render.escaping import uri

_ENGINE_DOCS = {
    "checkov": "https://www.checkov.io/5.Policy%20Index/all.html",
    "cfn-lint": "https://github.com/aws-cloudformation/cfn-lint/blob/main/docs/rules.md",
    "bandit": "https://bandit.readthedocs.io/en/latest/plugins/index.html",
    "django": "https://docs.djangoproject.com/en/stable/ref/checks/",
}


def rule_address(rule: Rule) -> str | None:
    """Where the engine's own documentation lists the rule. Own policies are explained offline (`djaws explain`)."""
    return _ENGINE_DOCS.get(rule.engine)


def github_link(server: str, repository: str, sha: str) -> Callable[[str, int | None], str | None]:
    """Addresses of lines at one commit on GitHub (GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_SHA)."""
    base = f"{server.rstrip('/')}/{uri(repository)}/blob/{uri(sha)}"

    def link(path: str, line: int | None) -> str | None:
        return f"{base}/{uri(path)}" + (f"#L{line}" if line else "")

    return link
