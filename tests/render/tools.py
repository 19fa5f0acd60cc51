"""Programs from outside that tests need: where they are, and that continuous integration never goes without them."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

#: Read at import: tests themselves see no variable of whoever runs them.
TOOLS = Path(os.environ.get("DJAWS_TEST_TOOLS") or Path(tempfile.gettempdir(), "djaws-test-tools"))
IS_CI = os.environ.get("CI", "").lower() in ("true", "1")


def require(found: Path | None, name: str, remedy: str) -> Path:
    """The program, else a skipped test, else (in continuous integration) a failed one."""
    if found is not None:
        return found
    message = f"{name} is not installed: {remedy}"
    if IS_CI:
        pytest.fail(message)
    pytest.skip(message)


def multitool() -> Path:
    """The folder of Microsoft's SARIF multitool."""
    folder = TOOLS / "node_modules/@microsoft/sarif-multitool-linux"
    found = folder if (folder / "Sarif.Multitool").exists() else None
    return require(found, "sarif-multitool", "run tests/tools/install-sarif-multitool")


def github_description() -> Path:
    """GitHub's OpenAPI description."""
    file = TOOLS / "github-openapi/node_modules/@octokit/openapi/generated/api.github.com.json"
    remedy = "run tests/tools/install-github-openapi"
    return require(file if file.exists() else None, "GitHub's OpenAPI description", remedy)


def chromium() -> Path:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((Path(path) for path in map(shutil.which, names) if path), None)
    return require(found, "chromium", "apt-get install chromium")
