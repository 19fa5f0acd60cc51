"""Write down what the engines say of tests/data/engines/tree: `python tests/engines/record.py`, after a new release."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "data" / "engines"
FRAMEWORKS = ("terraform", "cloudformation", "dockerfile", "github_actions", "secrets")


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(os.path.realpath(scratch)) / "tree"
        shutil.copytree(DATA / "tree", tree)
        checkov = [
            "checkov.main",
            "-d",
            str(tree),
            "--framework",
            *FRAMEWORKS,
            "--skip-download",
            "-o",
            "json",
        ]
        reports = _run(tree, *checkov)
        for report in reports:
            del report["results"]["passed_checks"]
        _write("checkov", reports, tree)
        _write("cfn-lint", _run(tree, "cfnlint", "--format", "json", "template.yaml"), tree)
        _write("bandit", _run(tree, "bandit", "-q", "-f", "json", "--ignore-nosec", "app.py"), tree)


def _run(tree: Path, *arguments: str) -> Any:
    clean = {"PATH": os.environ["PATH"], "HOME": str(tree.parent), "PYTHONHASHSEED": "0"}
    call = (
        ["-c", "from cfnlint.runner import main; main()"]
        if arguments[0] == "cfnlint"
        else ["-m", arguments[0]]
    )
    done = subprocess.run(
        [sys.executable, "-P", *call, *arguments[1:]], cwd=tree, env=clean, capture_output=True, check=False
    )
    return json.loads(done.stdout)


def _write(name: str, said: Any, tree: Path) -> None:
    text = json.dumps(said, indent=1, sort_keys=True).replace(str(tree), "/tree")
    (DATA / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
