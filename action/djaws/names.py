"""Names that users type: engines, formats, rules and topics. An unknown one is an error that names the nearest."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from djaws import catalogue
from djaws.engines import ENGINES
from djaws.errors import DjawsError
from djaws.policy import modules, own_folder


def check_engine(name: str) -> None:
    if name not in ENGINES:
        raise DjawsError(f"unknown engine {name}{_hint(name, ENGINES)}")


def check_format(name: str, formats: Iterable[str]) -> None:
    if name not in formats:
        raise DjawsError(f"unknown format {name}{_hint(name, formats)}")


def check_selector(name: str, *, has_own_policies: bool = False) -> None:
    """Accepts a known rule, topic or engine, and ids in the shape of a plugin's own (a Django app may bring its checks).

    With policies of the user's own any `topic/name` may be one of them: only the engine reads their files.
    """
    if name in ENGINES or name in catalogue.TOPICS or catalogue.known(name) or name in own_rules():
        return
    if has_own_policies and re.fullmatch(r"[a-z][a-z0-9-]*/[a-z][a-z0-9-]*", name):
        return
    if "." in name and name.partition(".")[2][:1] in "EWIC" and not name.startswith(("security.", "caches.")):
        return
    known = [*ENGINES, *catalogue.TOPICS, *own_rules(), *(rule.id for rule in catalogue.rules())]
    raise DjawsError(f"unknown rule, topic or engine {name}{_hint(name, known)}")


def check_parameters(policy_id: str, parameters: Mapping[str, Any]) -> None:
    """Whether `[tool.djaws.policies."<id>"]` names a policy of ours and parameters that it has."""
    import msgspec

    from djaws.policy import load

    if policy_id not in own_rules():
        raise DjawsError(f"policies: there is no policy {policy_id}{_hint(policy_id, own_rules())}")
    (policy,) = load(own_folder(), only=[policy_id])
    fields = [field.encode_name for field in msgspec.structs.fields(policy.params)]
    for name in parameters:
        if name not in fields:
            raise DjawsError(
                f"policies.{policy_id}: unknown parameter {name}{_hint(name, fields) if fields else '; it has none'}"
            )
    try:
        msgspec.convert(parameters, policy.params)
    except msgspec.ValidationError as error:
        raise DjawsError(f"policies.{policy_id}: {error}") from error


def known_rules() -> frozenset[str]:
    """Every id and topic that a waiver may name."""
    return frozenset((*catalogue.TOPICS, *own_rules(), *(rule.id for rule in catalogue.rules())))


def own_rules() -> tuple[str, ...]:
    """The ids of the shipped policies, read off their file names."""
    return tuple(policy_id for policy_id, _ in modules(own_folder()))


def _hint(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), 1, 0.5)
    return f"; did you mean {close[0]}?" if close else "; `djaws rules` lists them all"
