"""JSON Schemas made from the types: `python -m djaws.schema [--check] [FOLDER]` writes them, or says whether they are fresh."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from djaws.config import FileConfig
from djaws.model.flags.registry import Registry
from djaws.render.wire import Document
from djaws.user_policies import Written

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class UserPolicies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A YAML file of policies."""

    policies: tuple[Written, ...]


#: File name, title and type of each schema.
SCHEMAS: tuple[tuple[str, str, type], ...] = (
    ("report.schema.json", "The report of djaws, version 1", Document),
    (
        "config.schema.json",
        "The configuration of djaws: djaws.toml, or [tool.djaws] in pyproject.toml",
        FileConfig,
    ),
    ("policies.schema.json", "Policies in YAML", UserPolicies),
    ("flags.schema.json", "The registry of feature flags, flags.yaml", Registry),
)


def schema(title: str, kind: type) -> dict[str, Any]:
    """The JSON Schema of one of the interfaces."""
    return {"$schema": DIALECT, "title": title, **msgspec.json.schema(kind)}


def main(arguments: list[str]) -> int:
    """0 when the files were written or, with `--check`, are fresh; 1 when one is stale."""
    check = "--check" in arguments
    folder = Path(next((word for word in arguments if not word.startswith("-")), "docs"))
    stale = 0
    for name, title, kind in SCHEMAS:
        file, text = folder / name, json.dumps(schema(title, kind), indent=2) + "\n"
        if not check:
            file.write_text(text, encoding="utf-8")
        elif not file.is_file() or file.read_text(encoding="utf-8") != text:
            sys.stderr.write(f"{file} is stale: run `python -m djaws.schema {folder}`\n")
            stale = 1
    return stale


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
