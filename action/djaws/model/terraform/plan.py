"""Reads `terraform show -json` plans."""

from __future__ import annotations

from djaws.files import Tree
from djaws.finding import Undecided
from djaws.model.cloud import Stack


def planned(tree: Tree, stacks: list[Stack], plans: tuple[str, ...]) -> tuple[list[Stack], list[Undecided]]:
    """The stacks, those that a plan describes replaced."""
    return stacks, []
