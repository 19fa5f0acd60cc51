"""The JSON Schema of `--format json`: `python -m djaws.render.schema [--check] FILE` writes it, or says whether it is fresh."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from djaws.render.escaping import json_text
from djaws.render.wire import Document


def schema() -> dict[str, Any]:
    """The JSON Schema of the report, made from the types it is encoded from."""
    made = msgspec.json.schema(Document)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The report of djaws, version 1",
        **made,
    }


def main(arguments: list[str]) -> int:
    """0 when FILE was written or, with `--check`, is fresh; 1 when it is stale; 2 on wrong usage."""
    check, names = "--check" in arguments, [word for word in arguments if not word.startswith("-")]
    if len(names) != 1:
        sys.stderr.write("usage: python -m djaws.render.schema [--check] FILE\n")
        return 2
    file, text = Path(names[0]), json_text(schema()) + "\n"
    if not check:
        file.write_text(text, encoding="utf-8")
        return 0
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{file} is stale: run `python -m djaws.render.schema {file}`\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
