"""Terraform given as text, and what the model makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from terraform_text import tree_of

from djaws.finding import Undecided
from djaws.model.cloud import Stack
from djaws.model.terraform import load
from djaws.model.value import Value

Evaluate = Callable[..., Stack]


@pytest.fixture
def evaluate(tmp_path: Path) -> Evaluate:
    """The only stack of the given files (a text is main.tf)."""

    def run(files: str | Mapping[str, str], **options: Any) -> Stack:
        given = {"main.tf": files} if isinstance(files, str) else files
        stacks, _ = load(tree_of(tmp_path, given), **options)
        assert len(stacks) == 1
        return stacks[0]

    return run


@pytest.fixture
def output(evaluate: Evaluate) -> Callable[..., Value[Any]]:
    """The value of one expression, beside other configuration."""

    def run(expression: str, more: str = "", **options: Any) -> Value[Any]:
        return evaluate(f'output "x" {{\n  value = {expression}\n}}\n{more}', **options).outputs["x"]

    return run


@pytest.fixture
def stacks(tmp_path: Path) -> Callable[..., tuple[tuple[Stack, ...], tuple[Undecided, ...]]]:
    def run(files: Mapping[str, str], **options: Any) -> tuple[tuple[Stack, ...], tuple[Undecided, ...]]:
        return load(tree_of(tmp_path, files), **options)

    return run
