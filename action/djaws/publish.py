"""Tells GitHub what a run found: a check run with every annotation, and one comment that is edited in place.

Best effort: the verdict never depends on it. What the token does not allow is said in one line. Only this module talks to the
network, and only to the API that the runner names.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from djaws.event import Event
from djaws.render.github import Annotation

MARKER = "<!-- djaws: one summary, edited in place -->"
#: Limits of the Checks and Issues APIs: annotations, characters, and bytes of a message (64 KB).
PER_REQUEST = 50
MOST_TEXT = 65_000
MOST_MESSAGE_BYTES = 60_000
MOST_TITLE = 255

#: How often a request is made again after GitHub asked for patience, and the longest wait it may ask for, in seconds.
PATIENCE = 3
LONGEST_WAIT = 60.0

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
        """What the runner says; None outside of a workflow or without a token."""
        token = environment.get("GITHUB_TOKEN", "")
        event = Event.find(environment)
        if not token or event is None:
            return None
        return Place(event.api, event.repository, event.sha, token, event.pull_request)


class Refusal(Exception):
    """The API said no, or could not be reached; the text is one line for the log."""


def check_run(place: Place, annotations: Sequence[Annotation], summary: str, exit_code: int) -> int:
    """A check run with every annotation that has a place, fifty a request. Says how many GitHub took.

    `Refusal` before anything was shown: use another channel then. What is refused later is missing from the number.
    """
    conclusion = {0: "success", 1: "failure"}.get(exit_code, "neutral")
    entries = [_wire(each) for each in annotations if each.path]
    batches = list(_batches(entries)) or [[]]
    title = f"{len(entries)} annotation{'' if len(entries) == 1 else 's'}"
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
        taken = len(batches[0])
        for batch in batches[1:]:
            try:
                _sent(
                    client,
                    "PATCH",
                    f"/repos/{place.repository}/check-runs/{created['id']}",
                    {"output": _output(title, summary, batch)},
                    "checks: write",
                )
            except Refusal:
                return taken
            taken += len(batch)
        return taken


def _output(title: str, summary: str, annotations: list[dict[str, Any]]) -> dict[str, Any]:
    return {"title": title, "summary": _fitting(summary), "annotations": annotations}


def _wire(each: Annotation) -> dict[str, Any]:
    first = each.line or 1
    last = max(first, each.end_line or first)
    entry: dict[str, Any] = {
        "path": each.path,
        "start_line": first,
        "end_line": last,
        "annotation_level": _LEVELS[each.kind],
        "title": _cut(each.title, MOST_TITLE),
        "message": _cut_bytes(each.message, MOST_MESSAGE_BYTES) or each.title,
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
    body = _fitting(f"{MARKER}\n{text}")
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
    answer = _asked(client, method, path, body)
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


def _asked(client: httpx.Client, method: str, path: str, body: object) -> httpx.Response:
    """The answer; where GitHub asks for patience, the one after waiting."""
    for attempt in range(PATIENCE + 1):
        try:
            answer = client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise Refusal(f"GitHub could not be reached: {type(error).__name__}") from error
        wait = _wait(answer)
        if wait is None or attempt == PATIENCE:
            return answer
        time.sleep(wait)
    raise AssertionError("unreachable")


def _wait(answer: httpx.Response) -> float | None:
    """The seconds after which GitHub wants to be asked again (its secondary limits), None when its answer stands."""
    text = answer.headers.get("retry-after", "")
    if answer.status_code not in (403, 429, 502, 503) or not text.isdigit() or int(text) > LONGEST_WAIT:
        return None
    return float(text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _cut_bytes(text: str, most: int) -> str:
    data = text.encode("utf-8", "backslashreplace")
    return text if len(data) <= most else f"{data[: most - 3].decode('utf-8', 'ignore')}…"


def _fitting(markdown: str) -> str:
    """As many whole lines as a comment or a check run holds, folded parts closed, and a word that there were more."""
    if len(markdown) <= MOST_TEXT:
        return markdown
    more = "\n\nThis is longer than GitHub shows; the job summary and the report hold all of it.\n"
    kept = markdown[: MOST_TEXT - len(more) - 100].rpartition("\n")[0]
    folds = kept.count("<details>") - kept.count("</details>")
    return kept + "\n\n</details>" * folds + more
