"""Runs a project's Django checks and answers in JSON. A script for the project's own interpreter: nothing of djaws is imported.

Started as `python -I -B django_live.py FD REQUEST`: the answer goes to the file descriptor FD, REQUEST is JSON with `root`,
`roots` (absolute folders to import from), `settings`, and `configuration` (a django-configurations class, or empty).
Works with Python 3.8 and Django 2.2, and later.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
import traceback
from typing import Any


def main() -> None:
    descriptor = int(sys.argv[1])
    request = json.loads(sys.argv[2])
    os.dup2(2, 1)  # what the project prints must not be taken for an answer
    try:
        answer = check(request)
    except BaseException as error:  # a settings module may call sys.exit
        answer = {"error": cause(error, request["root"])}
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(answer, stream)
    os._exit(0)  # threads that the project started must not hold us up


def check(request: dict[str, Any]) -> dict[str, Any]:
    sys.path[:0] = request["roots"]
    os.chdir(request["folder"])
    os.environ["DJANGO_SETTINGS_MODULE"] = request["settings"]
    if request["configuration"]:
        os.environ.setdefault("DJANGO_CONFIGURATION", request["configuration"])
        importlib.import_module("configurations").setup()
    import django
    from django.core.checks import run_checks

    django.setup()
    found = run_checks(include_deployment_checks=True)
    return {
        "django": django.get_version(),
        "messages": [described(message, request["root"]) for message in found],
    }


def described(message: Any, root: str) -> dict[str, Any]:
    path, line = place(message.obj, root)
    return {
        "id": message.id or "",
        "level": message.level,
        "text": str(message.msg),
        "hint": str(message.hint) if message.hint else "",
        "object": label(message.obj),
        "silenced": message.is_silenced(),
        "path": path,
        "line": line,
    }


def label(thing: Any) -> str:
    if thing is None:
        return ""
    meta = getattr(thing, "_meta", None)
    return str(getattr(meta, "label", None) or thing)[:200]


def place(thing: Any, root: str) -> tuple[str, int]:
    """The file and line of a class, or of the model that a field belongs to, when they are the project's own."""
    thing = getattr(thing, "model", thing)
    if not inspect.isclass(thing) and not inspect.isfunction(thing):
        return "", 0
    try:
        file = os.path.realpath(inspect.getsourcefile(thing) or "")
        line = inspect.getsourcelines(thing)[1]
    except (OSError, TypeError):
        return "", 0
    top = os.path.realpath(root) + os.sep
    if not file.startswith(top) or "site-packages" in file:
        return "", 0
    return file[len(top) :], line


def cause(error: BaseException, root: str) -> str:
    """One line that names the exception and the last place in the project that it came through."""
    where = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if os.path.realpath(frame.filename).startswith(os.path.realpath(root) + os.sep):
            where = f" ({os.path.relpath(frame.filename, root)}:{frame.lineno})"
    text = " ".join(str(error).split())[:300]
    return f"{type(error).__name__}: {text}{where}"


if __name__ == "__main__":
    main()
