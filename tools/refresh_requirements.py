"""Locks what the action installs: action/requirements.txt, every distribution with its hashes, for Python 3.11 and newer.

    python tools/refresh_requirements.py             keep the pins that still fit, add what is missing
    python tools/refresh_requirements.py --upgrade   take the newest of everything

Needs uv and a package index. tests/action holds that the lock fits pyproject.toml, without either.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parent.parent
LOCK = TOP / "action" / "requirements.txt"
HEADER = "# The dependencies of djaws and its engines, locked. Written by tools/refresh_requirements.py.\n"


def main() -> int:
    flags = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    quiet = ["--quiet", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
    shape = ["--universal", "--python-version", "3.11", "--generate-hashes", "--extra", "engines"]
    done = subprocess.run(
        ["uv", "pip", "compile", *quiet, *shape, *flags, "--output-file", str(LOCK), "pyproject.toml"],
        cwd=TOP,
        check=False,
    )
    if done.returncode == 0:
        LOCK.write_text(HEADER + LOCK.read_text(encoding="utf-8"), encoding="utf-8")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
