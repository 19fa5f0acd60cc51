"""A run from the cache says what a fresh run says, whatever was edited in between; shards say what one run says."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support import Ran, Repository
from test_bad_input import GOOD

Djaws = Callable[..., Ran]

EDITS: dict[str, tuple[str, ...]] = {
    "app/load.py": (
        "# a comment\n",
        "\n\ndef more(data):\n    return eval(data)\n",
        "\nPASSWORD = 'hunter2'\n",
    ),
    "settings.py": (
        "\nSECURE_SSL_REDIRECT = True\n",
        "\nDEBUG = False\n",
        "\nSESSION_COOKIE_SECURE = True\n",
    ),
    "infra/main.tf": ('\nresource "aws_sqs_queue" "q" {\n  name = "q"\n}\n', "\n# a comment\n"),
    "stack.yaml": ("  Topic:\n    Type: AWS::SNS::Topic\n", "# a comment\n"),
    "new.py": ("import subprocess\nsubprocess.call('ls', shell=True)\n",),
}


def judged(report: dict[str, Any]) -> tuple[Any, ...]:
    return (report["findings"], report["undecided"], report["verdict"])


@pytest.mark.parametrize("seed", [1, 2])
def test_warm_and_cold_agree_after_every_edit(seed: int, repository: Repository, djaws: Djaws) -> None:
    chance = random.Random(seed)
    repository.commit(GOOD)
    engines = [f"--engine={name}" for name in ("djaws", "bandit", "django", "cfn-lint")]
    for _ in range(4):
        path = chance.choice(sorted(EDITS))
        file = repository.root / path
        text = file.read_text() if file.exists() else ""
        file.write_text(text + chance.choice(EDITS[path]))
        warm = djaws("check", "--format", "json", *engines, cwd=repository.root).json
        again = djaws("check", "--format", "json", *engines, cwd=repository.root).json
        cold = djaws("check", "--format", "json", "--no-cache", *engines, cwd=repository.root).json
        assert judged(warm) == judged(again) == judged(cold)
        assert {run["state"] for run in again["runs"]} <= {"cached", "skipped"}


def test_one_edited_file_runs_only_what_reads_it(repository: Repository, djaws: Djaws) -> None:
    repository.commit(GOOD)
    djaws("check", "--format", "json", cwd=repository.root)
    (repository.root / "app/load.py").write_text("import pickle\n")
    report = djaws("check", "--format", "json", cwd=repository.root).json
    ran = {run["engine"]: run["units"]["ran"] for run in report["runs"]}
    assert ran == {"djaws": 1, "checkov": 0, "cfn-lint": 0, "bandit": 1, "django": 0}


def test_shards_merge_into_what_one_run_says(repository: Repository, djaws: Djaws, tmp_path: Path) -> None:
    repository.commit(GOOD)
    whole = djaws("check", "--format", "json", cwd=repository.root)
    files = []
    for number in (1, 2, 3):
        ran = djaws("check", "--shard", f"{number}/3", "--no-cache", cwd=repository.root)
        assert ran.code == 0, ran.err
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(ran.out)
    merged = djaws("merge", *map(str, files), "--format", "json", cwd=repository.root)
    assert judged(merged.json) == judged(whole.json)
    assert merged.code == whole.code
    assert all(run["state"] in ("ran", "cached", "skipped") for run in merged.json["runs"])
    lost = djaws("merge", *map(str, files[:2]), "--format", "json", cwd=repository.root)
    assert lost.code == 2
    assert "1 to 3" in lost.err


def test_timings_are_shown_and_traced(repository: Repository, djaws: Djaws, tmp_path: Path) -> None:
    repository.commit({"app/load.py": GOOD["app/load.py"]})
    trace = tmp_path / "trace.json"
    ran = djaws("check", "--engine", "bandit", "--timings", "--trace", str(trace), cwd=repository.root)
    assert "app/load.py" in ran.err
    assert '"ph": "X"' in trace.read_text()
