"""Terraform state that is kept on somebody's laptop, in the repository, or without a lock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch

import msgspec

from djaws.finding import Span
from djaws.model.cloud import Provider, Stack
from djaws.model.system import System
from djaws.model.value import Map
from djaws.policy import Verdicts, finding, policy, undecided

from .model import deployed_provider, mentioned, words


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`root-globs` are the directories whose state is judged: patterns of paths; empty means every root with an AWS provider."""

    root_globs: tuple[str, ...] = ()


#: Roots that make the bucket for the state of the others have nowhere else to keep their own.
_BOOTSTRAP = frozenset({"bootstrap", "backend", "state", "tfstate", "statefile", "seed"})
_BACKEND_FILE = re.compile(
    r"\.tfbackend$|(^|/)[\w.-]*backend[\w.-]*\.(hcl|conf|config|tfvars|tf\.\w+)$|\.tf\.(j2|tmpl|tpl|template)$"
)
_WRITES_BACKEND = re.compile(
    r"backend\s*\\?\"s3|backend[\w.-]*\.tf\b|-backend-config|override\.tf\b|terragrunt\b"
)


@policy(
    "Terraform state that is local, committed or not locked",
    severity="high",
    pillar="operations",
    languages=("terraform",),
    advice=("A5.1", "A2.5"),
    source="AWS Prescriptive Guidance, Terraform backend best practices",
)
def unsafe_terraform_state(system: System, params: Params) -> Verdicts:
    """A root with an AWS provider has no backend or the `local` one; a state file is in the repository; or the `s3` backend has no
    lock (`use_lockfile` or `dynamodb_table`) or leaves encryption to the bucket.

    Examples, tests, modules and the root that makes the state bucket itself are left alone. Where a script passes
    `-backend-config` or writes the backend, or Terragrunt does, it does not decide.

    ## Why

    State holds every secret that Terraform ever saw, in plain text. Local state is lost with the laptop; without a lock two runs at
    the same time leave a state that fits neither.

    ## Fix: Terraform

    ```hcl
    terraform {
      backend "s3" {
        bucket       = "acme-terraform"
        key          = "shop.tfstate"
        region       = "eu-west-1"
        encrypt      = true
        use_lockfile = true
      }
    }
    ```

    Take a committed state out of the history too, and rotate the secrets in it.
    """
    yield from _committed(system)
    for stack in system.stacks:
        provider = deployed_provider(stack)
        if provider is None or not _is_asked(stack, params):
            continue
        backends, more = _blocks(stack, "backend")
        if more or _blocks(stack, "cloud")[0]:
            continue
        if not backends or backends[0].get("type").always(lambda kind: kind == "local"):
            yield from _local(system, stack, provider, backends[0].span if backends else None)
        elif backends[0].get("type").always(lambda kind: kind == "s3"):
            yield from _bucket(system, stack, backends[0])


def _is_asked(stack: Stack, params: Params) -> bool:
    return not params.root_globs or any(fnmatch(stack.path, glob) for glob in params.root_globs)


def _committed(system: System) -> Verdicts:
    for path in system.tree.paths:
        if re.search(r"\.tfstate(\.\w*backup)?$", path) and _holds_state(system, path):
            yield finding(
                Span(path), "the state is committed: everyone who can read the repository reads its secrets"
            )


def _holds_state(system: System, path: str) -> bool:
    head = system.tree.beginning(path)
    return b'"terraform_version"' in head or b'"lineage"' in head or b'"serial"' in head


def _blocks(stack: Stack, name: str) -> tuple[list[Map], bool]:
    """The `backend` or `cloud` blocks, and whether there may be others."""
    found: list[Map] = []
    value = stack.meta.get(name)
    for each in value.alternatives:
        found += _maps(each.value)
    return found, value.unknown is not None


def _maps(data: object) -> Iterator[Map]:
    if isinstance(data, Map):
        yield data
    elif data is not None and hasattr(data, "items") and not callable(data.items):
        for item in data.items:
            for each in item.alternatives:
                yield from _maps(each.value)


def _local(system: System, stack: Stack, provider: Provider, backend: Span | None) -> Verdicts:
    if _makes_the_state_bucket(stack):
        return
    elsewhere = _written_elsewhere(system, stack)
    if elsewhere:
        yield undecided(provider.span, f"{elsewhere.path} may say where the state is kept")
        return
    yield finding(
        backend or provider.span,
        f"the state of {stack.path or 'the root'} is kept locally"
        + (", by its backend" if backend else ": it has no backend"),
        subject=stack.path or ".",
    )


def _makes_the_state_bucket(stack: Stack) -> bool:
    if not words(stack.path).isdisjoint(_BOOTSTRAP):
        return True
    return any(
        not words(f"{each.name} {each.attr('bucket').only('')}").isdisjoint({"state", "tfstate"})
        for each in stack.of_type("aws_s3_bucket")
    )


def _written_elsewhere(system: System, stack: Stack) -> Span | None:
    for path in system.tree.paths:
        if path.rpartition("/")[2] in ("terragrunt.hcl", "root.hcl") or _BACKEND_FILE.search(path):
            return Span(path)
    return mentioned(system, _WRITES_BACKEND)


def _bucket(system: System, stack: Stack, backend: Map) -> Verdicts:
    is_partial = backend.get("bucket").is_absent or backend.get("key").is_absent
    locks = (backend.get("use_lockfile"), backend.get("dynamodb_table"))
    is_locked = any(not each.always(lambda data: data in (None, False, "")) for each in locks)
    is_encrypted = not backend.get("encrypt").always(lambda data: data in (None, False))
    if is_locked and is_encrypted:
        return
    elsewhere = _written_elsewhere(system, stack)
    if is_partial or elsewhere:
        where = elsewhere.path if elsewhere else "whoever runs `terraform init`"
        yield undecided(backend.span, f"{where} may give the backend further settings")
        return
    lacks = [
        *([] if is_locked else ["has no lock"]),
        *([] if is_encrypted else ["leaves encryption to the bucket"]),
    ]
    yield finding(
        backend.span,
        f"the state of {stack.path or 'the root'} {' and '.join(lacks)}",
        subject=stack.path or ".",
        severity="low" if is_locked else "medium",
    )
