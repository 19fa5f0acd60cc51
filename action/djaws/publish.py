"""Tells GitHub what a run found: a check run with every annotation, and one comment that is edited in place.

Best effort: the verdict never depends on it. What the token does not allow is said in one line. Only this module talks to the
network, and only to the API that the runner names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from djaws.render.github import Annotation

MARKER = "<!-- djaws: one summary, edited in place -->"
#: Limits of the Checks and Issues APIs, in annotations and characters.
PER_REQUEST = 50
MOST_TEXT = 65_000
MOST_MESSAGE = 60_000
MOST_TITLE = 255

_LEVELS = {"error": "failure", "warning": "warning", "notice": "notice"}


@dataclass(frozen=True)
class Place:
    """Where to report: the API, the repository, the commit, the pull request (0 outside of one)."""

    api: str
    repository: str
    sha: str
    token: str = field(repr=False)
    pull_request: int = 0

    @staticmethod
    def find(environment: Mapping[str, str]) -> Place | None:
        """What the runner's variables and its event file say; None outside of a workflow or without a token."""
        token = environment.get("GITHUB_TOKEN", "")
        repository = environment.get("GITHUB_REPOSITORY", "")
        if not token or not repository:
            return None
        pull = _event(environment).get("pull_request") or {}
        head = pull.get("head") or {}
        return Place(
            api=environment.get("GITHUB_API_URL", "https://api.github.com").rstrip("/"),
            repository=repository,
            sha=str(head.get("sha") or environment.get("GITHUB_SHA", "")),
            token=token,
            pull_request=int(pull.get("number") or 0),
        )


def _event(environment: Mapping[str, str]) -> dict[str, Any]:
    try:
        event = json.loads(Path(environment.get("GITHUB_EVENT_PATH", "")).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return event if isinstance(event, dict) else {}


class Refusal(Exception):
    """The API said no, or could not be reached; the text is one line for the log."""


def check_run(place: Place, annotations: Sequence[Annotation], summary: str, exit_code: int) -> None:
    """A check run with every annotation, fifty a request. `Refusal` before anything was shown: use another channel then."""
    conclusion = {0: "success", 1: "failure"}.get(exit_code, "neutral")
    batches = list(_batches([_wire(each) for each in annotations if each.path])) or [[]]
    title = f"{len(annotations)} annotations"
    with _client(place) as client:
        created = _sent(
            client,
            "POST",
            f"/repos/{place.repository}/check-runs",
            {
                "name": "djaws",
                "head_sha": place.sha,
                "status": "completed",
                "conclusion": conclusion,
                "output": _output(title, summary, batches[0]),
            },
            "checks: write",
        )
        for batch in batches[1:]:
            _sent(
                client,
                "PATCH",
                f"/repos/{place.repository}/check-runs/{created['id']}",
                {"output": _output(title, summary, batch)},
                "checks: write",
            )


def _output(title: str, summary: str, annotations: list[dict[str, Any]]) -> dict[str, Any]:
    return {"title": title, "summary": _cut(summary, MOST_TEXT), "annotations": annotations}


def _wire(each: Annotation) -> dict[str, Any]:
    first = each.line or 1
    last = max(first, each.end_line or first)
    entry: dict[str, Any] = {
        "path": each.path,
        "start_line": first,
        "end_line": last,
        "annotation_level": _LEVELS[each.kind],
        "title": _cut(each.title, MOST_TITLE),
        "message": _cut(each.message, MOST_MESSAGE),
    }
    if each.column and first == last:
        entry["start_column"] = entry["end_column"] = each.column
    return entry


def _batches(entries: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(entries), PER_REQUEST):
        yield entries[start : start + PER_REQUEST]


def comment(place: Place, text: str) -> str:
    """The one comment on the pull request: written, edited when its text changed, or left alone. Says which."""
    if not place.pull_request:
        return "no comment: this is no pull request"
    body = _cut(f"{MARKER}\n{text}", MOST_TEXT)
    with _client(place) as client:
        own = _own_comment(client, place)
        if own is None:
            path = f"/repos/{place.repository}/issues/{place.pull_request}/comments"
            _sent(client, "POST", path, {"body": body}, "pull-requests: write")
            return "commented"
        if own["body"].replace("\r\n", "\n").strip() == body.strip():
            return "the comment is up to date"
        _sent(
            client,
            "PATCH",
            f"/repos/{place.repository}/issues/comments/{own['id']}",
            {"body": body},
            "pull-requests: write",
        )
        return "the comment was edited"


def _own_comment(client: httpx.Client, place: Place) -> dict[str, Any] | None:
    """Our comment: one that begins with the marker and was written by an app, not by somebody who copied it."""
    for page in range(1, 31):
        path = f"/repos/{place.repository}/issues/{place.pull_request}/comments?per_page=100&page={page}"
        found = _sent(client, "GET", path, None, "pull-requests: write")
        for each in found:
            is_app = (each.get("user") or {}).get("type") == "Bot"
            if is_app and str(each.get("body", "")).startswith(MARKER):
                return dict(each)
        if len(found) < 100:
            return None
    return None


def _client(place: Place) -> httpx.Client:
    headers = {
        "Authorization": f"Bearer {place.token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "djaws",
    }
    return httpx.Client(
        base_url=place.api, headers=headers, timeout=20, follow_redirects=False, trust_env=True
    )


def _sent(client: httpx.Client, method: str, path: str, body: object, permission: str) -> Any:
    try:
        answer = client.request(method, path, json=body) if body is not None else client.request(method, path)
    except httpx.HTTPError as error:
        raise Refusal(f"GitHub could not be reached: {type(error).__name__}") from error
    if answer.status_code in (401, 403, 404):
        raise Refusal(
            f"the token may not do this (HTTP {answer.status_code}); it needs `{permission}`, which a fork never gets"
        )
    if answer.status_code >= 300:
        raise Refusal(f"GitHub answered HTTP {answer.status_code} to {method} {path.partition('?')[0]}")
    try:
        return answer.json()
    except ValueError as error:
        raise Refusal("GitHub answered no JSON") from error


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
