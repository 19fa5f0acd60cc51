"""A GitHub for one test, whose complaints fail it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from render.tools import github_description

from .github import GitHub, description, serving


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serving(GitHub(description(github_description()))) as found:
        yield found
        assert found.faults == []
