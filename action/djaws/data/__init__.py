"""The dated tables that djaws ships, one JSON file each. Every file says what it was read from (`about`) and when (`read`)."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")


def load(name: str, kind: type[T]) -> T:
    """The table `name`, decoded as `kind`. Callers keep what they need: nothing is cached here."""
    return msgspec.json.decode((Path(__file__).parent / f"{name}.json").read_bytes(), type=kind)
