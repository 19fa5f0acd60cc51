"""The GitHub event that a run belongs to, as the runner's variables and its event file tell it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Event:
    """Where the run belongs: server, API, repository, commit (a pull request's head) and pull request (0 outside of one)."""

    server: str
    api: str
    repository: str
    sha: str
    pull_request: int = 0

    @staticmethod
    def find(environment: Mapping[str, str]) -> Event | None:
        """The event, None outside of a workflow."""
        repository = environment.get("GITHUB_REPOSITORY", "")
        if not repository:
            return None
        pull = _mapping(_payload(environment).get("pull_request"))
        number = pull.get("number")
        return Event(
            server=environment.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/"),
            api=environment.get("GITHUB_API_URL", "https://api.github.com").rstrip("/"),
            repository=repository,
            sha=str(_mapping(pull.get("head")).get("sha") or environment.get("GITHUB_SHA", "")),
            pull_request=number if isinstance(number, int) else 0,
        )


def _payload(environment: Mapping[str, str]) -> dict[str, Any]:
    try:
        return _mapping(json.loads(Path(environment.get("GITHUB_EVENT_PATH", "")).read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
