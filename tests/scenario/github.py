"""A GitHub on this machine that holds every request to GitHub's own description of its API.

What it cannot learn from the description it takes from the documentation's words: 64 KB for a message, 255 characters for a
title, 65,536 characters for a comment, columns on one line only, annotations that add up.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema import Draft4Validator

Node = dict[str, Any]
TOKEN = "ghs_scenario0token0that0nobody0may0see"
NEEDS = {"check-runs": "checks", "comments": "pull-requests"}


@cache
def description(file: Path) -> Node:
    """GitHub's OpenAPI description."""
    found: Node = json.loads(file.read_text("utf-8"))
    return found


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: Any


@dataclass
class GitHub:
    """What the server was told, and what it thinks of it. `faults` must stay empty."""

    api: Node
    permissions: frozenset[str] = frozenset({"checks", "pull-requests"})
    impatient: int = 0
    breaks_after: int | None = None
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    check_runs: dict[int, Node] = field(default_factory=dict)
    comments: list[Node] = field(default_factory=list)

    @property
    def annotations(self) -> list[Node]:
        return [each for run in self.check_runs.values() for each in run["annotations"]]

    def answer(self, request: Request, token: str) -> tuple[int, Any, dict[str, str]]:
        self.requests.append(request)
        self.faults += self._faults(request)
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}, {}
        if self.impatient:
            self.impatient -= 1
            return 429, {"message": "You have exceeded a secondary rate limit"}, {"retry-after": "0"}
        if self.breaks_after is not None and len(self.requests) > self.breaks_after:
            return 500, {"message": "Server Error"}, {}
        needed = next(permission for part, permission in NEEDS.items() if part in request.path)
        if request.method != "GET" and needed not in self.permissions:
            return 403, {"message": "Resource not accessible by integration"}, {}
        return self._done(request)

    def _done(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        number = int(request.path.rpartition("/")[2]) if request.path.rpartition("/")[2].isdigit() else 0
        if "check-runs" in request.path:
            run = self.check_runs.setdefault(number or len(self.check_runs) + 1, {"annotations": []})
            output = request.body.get("output", {})
            run |= {key: value for key, value in request.body.items() if key != "output"}
            run |= {key: value for key, value in output.items() if key != "annotations"}
            run["annotations"] += output.get("annotations", [])
            return (200 if number else 201), {"id": number or len(self.check_runs)}, {}
        if request.method == "GET":
            size, page = int(request.query.get("per_page", 30)), int(request.query.get("page", 1))
            return 200, self.comments[size * (page - 1) : size * page], {}
        if request.method == "POST":
            comment = {"id": len(self.comments) + 1, "body": request.body["body"], "user": {"type": "Bot"}}
            self.comments.append(comment)
            return 201, comment, {}
        comment = next(each for each in self.comments if each["id"] == number)
        comment["body"] = request.body["body"]
        return 200, comment, {}

    # --- against the description

    def _faults(self, request: Request) -> Iterator[str]:
        name = f"{request.method} {request.path}"
        operation = self._operation(request)
        if operation is None:
            yield f"{name}: no such operation"
            return
        known = [self._resolved(each) for each in operation.get("parameters", ())]
        queried = {each["name"]: each["schema"] for each in known if each["in"] == "query"}
        for key, value in request.query.items():
            if key not in queried:
                yield f"{name}: unknown parameter {key}"
            elif queried[key].get("type") == "integer" and not value.isdigit():
                yield f"{name}: {key}={value} is no integer"
        if "requestBody" in operation:
            schema = self._resolved(operation["requestBody"]["content"]["application/json"]["schema"])
            yield from (
                f"{name}: {error.json_path}: {error.message[:300]}"
                for error in Draft4Validator(schema).iter_errors(request.body)
            )
            yield from (f"{name}: unknown {key}" for key in request.body if key not in schema["properties"])
            yield from (f"{name}: {fault}" for fault in _beyond(request.body, schema))
        elif request.body is not None:
            yield f"{name}: a body that nobody reads"

    def _operation(self, request: Request) -> Node | None:
        for pattern, operations in self._paths:
            if request.method.lower() in operations and pattern.fullmatch(request.path):
                operation: Node = operations[request.method.lower()]
                return operation
        return None

    @cached_property
    def _paths(self) -> list[tuple[re.Pattern[str], Node]]:
        """The operations on repositories by a pattern of their path, the most literal first."""
        return [
            (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))), operations)
            for template, operations in sorted(self.api["paths"].items(), key=lambda each: each[0].count("{"))
            if template.startswith("/repos/{owner}/{repo}/")
        ]

    def _resolved(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self._resolved(each) for each in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            found: Any = self.api
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            return self._resolved(found)
        return {key: self._resolved(value) for key, value in node.items()}


def _beyond(body: Node, schema: Node) -> Iterator[str]:
    """What the description says in words only."""
    if body.get("status") == "completed" and "conclusion" not in body:
        yield "completed without a conclusion"
    if len(body.get("body", "")) > 65_536:
        yield "a comment of more than 65,536 characters"
    if "output" not in body:
        return
    properties = schema["properties"]["output"]["properties"]
    for each in body["output"].get("annotations", ()):
        unknown = set(each) - set(properties["annotations"]["items"]["properties"])
        if unknown:
            yield f"unknown {sorted(unknown)} of an annotation"
        if not 1 <= each["start_line"] <= each["end_line"]:
            yield f"lines {each['start_line']} to {each['end_line']}"
        if "start_column" in each and each["start_line"] != each["end_line"]:
            yield "columns on several lines"
        if len(each["message"].encode()) > 64 * 1024 or not each["message"]:
            yield f"a message of {len(each['message'].encode())} bytes"
        if len(each.get("title", "")) > 255:
            yield "a title of more than 255 characters"


@contextmanager
def serving(github: GitHub) -> Iterator[GitHub]:
    """The GitHub, reachable at its `url`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            split = urlsplit(self.path)
            data = self.rfile.read(int(self.headers.get("content-length", 0)))
            request = Request(
                self.command,
                unquote(split.path),
                dict(parse_qsl(split.query)),
                json.loads(data) if data else None,
            )
            status, body, headers = github.answer(request, self.headers.get("authorization", ""))
            answer = json.dumps(body).encode()
            self.send_response(status)
            for key, value in {**headers, "content-type": "application/json"}.items():
                self.send_header(key, value)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    github.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
