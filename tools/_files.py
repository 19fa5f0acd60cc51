"""How the refresh scripts read, lay out and compare the data files of the package."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "action" / "djaws" / "data"


def read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def today() -> str:
    return datetime.date.today().isoformat()


def with_lines(document: dict[str, Any], *names: str) -> str:
    """JSON with one line for each entry of the lists and objects called `names`, so that a change shows as a line."""
    members = [f"{json.dumps(key)}: {_block(value, key in names)}" for key, value in document.items()]
    return "{\n" + ",\n".join(members) + "\n}\n"


def _block(value: Any, split: bool) -> str:
    if not split:
        return _compact(value)
    if isinstance(value, dict):
        return (
            "{\n" + ",\n".join(f"{json.dumps(key)}: {_compact(each)}" for key, each in value.items()) + "\n}"
        )
    return "[\n" + ",\n".join(_compact(each) for each in value) + "\n]"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))


def finish(file: Path, text: str, *, checking: bool) -> int:
    """Writes `text`, or compares it with what is there. The exit code."""
    if not checking:
        file.write_text(text, encoding="utf-8")
        return 0
    if file.read_text(encoding="utf-8") == text:
        return 0
    print(f"{file.name} is out of date: run the refresh script without --check")
    return 1
