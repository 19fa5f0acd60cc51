"""What the installed engines say of their own rules: titles, where each is documented, and what it asks for."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

#: Checkov's families that a Django application on AWS meets. Rules of other clouds get the catalogue's fallback.
CHECKOV_FAMILIES = (
    "CKV_AWS_", "CKV2_AWS_", "CKV_TF_", "CKV_SECRET_", "CKV_DOCKER_", "CKV2_DOCKER_", "CKV_GHA_", "CKV2_GHA_",
    "CKV_GIT_", "CKV2_GIT_", "CKV_GITHUB_", "CKV_GITLABCI_", "CKV_CIRCLECIPIPELINES_", "CKV_BITBUCKETPIPELINES_",
    "CKV_OPENAPI_",
)  # fmt: skip

Facts = dict[tuple[str, str], dict[str, Any]]


def versions() -> dict[str, str]:
    return {name: version(name) for name in ("checkov", "cfn-lint", "bandit", "django")}


def facts() -> Facts:
    """Every rule of the installed engines, by engine and id: `title`, and where known `doc`, `says` and `fix`."""
    return {**_checkov(), **_cfn_lint(), **_bandit()}


# --- Checkov


def _checkov() -> Facts:
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    from checkov.docs_generator import get_checks

    found: Facts = {}
    for identifier, _kind, _entity, title, _framework, link in get_checks(frameworks=["all"]):
        if identifier.startswith(CHECKOV_FAMILIES):
            fact = found.setdefault(("checkov", identifier), {"title": title})
            source = _source(identifier, str(link))
            if "doc" not in fact or source.startswith("terraform/"):
                fact["doc"] = source
    for identifier, language, text in _checkov_fixes():
        if ("checkov", identifier) in found:
            found["checkov", identifier].setdefault("fix", {}).setdefault(language, text)
    return found


def _source(identifier: str, link: str) -> str:
    """The check's file inside Checkov's repository. Graph checks are YAML there and JSON in the wheel."""
    if identifier.startswith("CKV_SECRET_"):
        return "secrets/runner.py"
    source = link.partition("/blob/main/checkov/")[2]
    return source.removesuffix(".json") + ".yaml" if source.endswith(".json") else source


def _checkov_fixes() -> list[tuple[str, str, str]]:
    """What the checks that compare one attribute with fixed values ask for, as (rule, language, sentence)."""
    import checkov.cloudformation.checks.resource
    import checkov.terraform.checks.resource  # noqa: F401
    from checkov.cloudformation.checks.resource import (
        base_resource_negative_value_check as cfn_bad,
    )
    from checkov.cloudformation.checks.resource import base_resource_value_check as cfn_good
    from checkov.cloudformation.checks.resource.registry import cfn_registry
    from checkov.terraform.checks.resource import base_resource_negative_value_check as tf_bad
    from checkov.terraform.checks.resource import base_resource_value_check as tf_good
    from checkov.terraform.checks.resource.registry import resource_registry

    languages = (
        ("terraform", resource_registry, tf_good.BaseResourceValueCheck, tf_bad.BaseResourceNegativeValueCheck),
        ("cloudformation", cfn_registry, cfn_good.BaseResourceValueCheck, cfn_bad.BaseResourceNegativeValueCheck),
    )  # fmt: skip
    found = []
    for language, registry, good, bad in languages:
        for entity in sorted(registry.checks):
            for check in registry.checks[entity]:
                text = None
                if isinstance(check, good):
                    text = _asked(check.get_inspected_key(), check.get_expected_values(), "must")
                elif isinstance(check, bad):
                    text = _asked(check.get_inspected_key(), check.get_forbidden_values(), "must not")
                if text:
                    found.append((check.id, language, f"`{entity}`: {text}"))
    return sorted(found)


def _asked(key: str, values: Any, must: str) -> str | None:
    path = ".".join(
        part for part in key.split("/") if part and part != "Properties" and not part.startswith("[")
    )
    listed = values if isinstance(values, list) else [values]
    if not path or not listed or len(listed) > 6:
        return None
    if "CKV_ANY" in [str(value) for value in listed]:
        return f"`{path}` {must} be set"
    return f"`{path}` {must} be " + " or ".join(f"`{_literal(value)}`" for value in listed)


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- cfn-lint and Bandit


def _cfn_lint() -> Facts:
    from cfnlint.core import get_rules

    rules = get_rules([], [], ["I", "W", "E"], {}, True)
    return {
        ("cfn-lint", rule.id): {"title": rule.shortdesc.strip(), "says": " ".join(rule.description.split())}
        for rule in rules.rules.values()
    }


def _bandit() -> Facts:
    from bandit.core import docs_utils, extension_loader

    manager = extension_loader.MANAGER
    names = {plugin.plugin._test_id: plugin.name for plugin in manager.plugins}
    names |= {identifier: entry["name"] for identifier, entry in manager.blacklist_by_id.items()}
    prefix = f"https://bandit.readthedocs.io/en/{version('bandit')}/"
    return {
        ("bandit", identifier): {"name": name, "doc": docs_utils.get_url(identifier).removeprefix(prefix)}
        for identifier, name in names.items()
    }


def cfn_lint_schemas() -> Path:
    import cfnlint

    return Path(cfnlint.__file__).parent / "data" / "schemas"
