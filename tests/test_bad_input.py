"""Bad input gets a clear answer and costs nothing else: one bad file never loses what the others hold."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import djaws as djaws_package
from support import Ran, Repository

BUCKET = 'resource "aws_security_group_rule" "open" {\n  type        = "ingress"\n  from_port   = 22\n  to_port     = 22\n  protocol    = "tcp"\n  cidr_blocks = ["0.0.0.0/0"]\n  security_group_id = "sg-1"\n}\n'
PICKLE = "import pickle\n\n\ndef load(data):\n    return pickle.loads(data)\n"
TEMPLATE = "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties:\n      Nope: 1\n"
SETTINGS = "SECRET_KEY = 'short'\nDEBUG = True\nINSTALLED_APPS = []\nMIDDLEWARE = []\nALLOWED_HOSTS = []\nROOT_URLCONF = 'u'\n"
MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n"

GOOD = {
    "infra/main.tf": BUCKET,
    "app/load.py": PICKLE,
    "stack.yaml": TEMPLATE,
    "settings.py": SETTINGS,
    "manage.py": MANAGE,
}
EXPECTED = {"CKV_AWS_24", "B301", "E3002", "security.W018"}

Djaws = Callable[..., Ran]


def rules(report: dict[str, Any]) -> set[str]:
    return {each["rule"] for each in report["findings"]}


def test_the_good_files_give_a_finding_of_every_engine(repository: Repository, djaws: Djaws) -> None:
    repository.commit(GOOD)
    ran = djaws("check", "--format", "json", cwd=repository.root)
    assert ran.code in (0, 1), ran.err
    assert rules(ran.json) >= EXPECTED
    assert ran.json["verdict"]["complete"] is True


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
)

BAD: dict[str, dict[str, str | bytes]] = {
    "a syntax error in Python": {"bad.py": "def f(:\n"},
    "a syntax error in HCL": {"infra/bad.tf": 'resource "aws_x" {{{\n'},
    "a syntax error in YAML": {"bad.yaml": "Resources:\n  A:\n    Type: AWS::SQS::Queue\n    Properties: [1\n"},
    "a syntax error in JSON": {"bad.json": '{"Resources": {"A": {"Type": "AWS::SQS::Queue",,}}}'},
    "a binary file": {"bad.py": b"\0\1\2\xff" * 100, "bad.tf": b"\0" * 100, "bad.yaml": b"\0\0"},
    "empty files": {"empty.py": "", "infra/empty.tf": "", "empty.yaml": "", "empty.json": "", "Dockerfile": ""},
    "a deeply nested template": {"deep.yaml": "Resources:\n  A:\n    Type: AWS::SQS::Queue\n    P: " + "[" * 100_000},
    "a deeply nested JSON file": {"deep.json": '{"Resources": {"A": {"Type": "AWS::SQS::Queue", "P": ' + "[" * 5_000 + "]" * 5_000 + "}}}"},
    "deeply nested HCL": {"infra/deep.tf": "locals {\n  a = " + "[" * 20_000 + "]" * 20_000 + "\n}\n"},
    "deeply nested Python": {"deep.py": "x = " + "(" * 5_000 + ")" * 5_000 + "\n"},
    "an alias bomb": {"bomb.yaml": BOMB + "Resources:\n  A:\n    Type: AWS::SQS::Queue\n    Metadata: *j\n"},
    "an alias that contains itself": {"loop.yaml": "Resources: &r\n  A:\n    Type: AWS::SQS::Queue\n    Metadata: *r\n"},
    "hostile names": {
        "sp ace.py": PICKLE,
        "new\nline.py": PICKLE,
        "::error::x.py": PICKLE,
        "100%.py": PICKLE,
    },
    "invalid UTF-8": {"latin.py": b"# caf\xe9\nx = 1\n", "infra/latin.tf": b"# caf\xe9\n", "latin.yaml": b"Resources: caf\xe9\n"},
    "Windows line ends and a byte order mark": {"crlf.py": b"\xef\xbb\xbfimport os\r\nx = 1\r\n", "infra/crlf.tf": b'locals {\r\n  a = 1\r\n}\r\n'},
}  # fmt: skip


@pytest.mark.parametrize("files", BAD.values(), ids=BAD.keys())
def test_one_bad_file_loses_nothing_else(
    files: dict[str, str | bytes], repository: Repository, djaws: Djaws
) -> None:
    repository.commit({**GOOD, **files})
    ran = djaws("check", "--format", "json", "--timeout", "60", cwd=repository.root)
    assert ran.code in (0, 1, 3), ran.err
    assert "Traceback" not in ran.err
    assert rules(ran.json) >= EXPECTED
    states = {run["engine"]: run["state"] for run in ran.json["runs"]}
    assert set(states.values()) <= {"ran"}, states


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bad.py", "def f(:\n"),
        ("infra/bad.tf", 'resource "aws_x" {{{\n'),
        ("bad.yaml", "Resources:\n  A:\n    Type: AWS::SQS::Queue\n    Properties: [1\n"),
        ("infra/huge.tf", "#" * 3_000_000),
    ],
    ids=["python", "terraform", "yaml", "too large"],
)
def test_a_file_that_is_not_read_is_named(
    name: str, content: str, repository: Repository, djaws: Djaws
) -> None:
    repository.commit({**GOOD, name: content})
    report = djaws("check", "--format", "json", cwd=repository.root).json
    named = {each["path"] for each in (*report["findings"], *report["undecided"])}
    named |= {error["path"] for run in report["runs"] for error in run["errors"]}
    assert name in named


def test_an_enormous_file_costs_little(repository: Repository, djaws: Djaws) -> None:
    repository.commit({**GOOD, "huge.json": b"[" * 50_000_000})
    ran = djaws("check", "--format", "json", cwd=repository.root)
    assert rules(ran.json) >= EXPECTED


def test_names_that_are_no_text_are_shown_escaped(repository: Repository, djaws: Djaws) -> None:
    repository.write(GOOD)
    (repository.root / os.fsdecode(b"caf\xff.py")).write_text(PICKLE)
    repository.commit({})
    report = djaws("check", "--format", "json", cwd=repository.root).json
    assert any(each["path"] == "caf\\xff.py" and each["rule"] == "B301" for each in report["findings"])


def test_links_that_loop_or_leave_the_tree_are_not_followed(repository: Repository, djaws: Djaws) -> None:
    repository.write(GOOD)
    (repository.root / "loop").symlink_to(".")
    (repository.root / "infra" / "self.tf").symlink_to("self.tf")
    (repository.root / "passwd.py").symlink_to("/etc/passwd")
    repository.commit({})
    ran = djaws("check", "--format", "json", cwd=repository.root)
    assert rules(ran.json) >= EXPECTED
    assert "passwd.py" not in {each["path"] for each in ran.json["findings"]}


def test_a_directory_that_is_no_checkout_is_scanned(tmp_path: Path, djaws: Djaws) -> None:
    for name, content in GOOD.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert rules(djaws("check", "--format", "json", cwd=tmp_path).json) >= EXPECTED


def test_an_empty_repository_is_clean(repository: Repository, djaws: Djaws) -> None:
    ran = djaws("check", "--format", "json", cwd=repository.root)
    assert (ran.code, ran.json["findings"]) == (0, [])
    assert {run["state"] for run in ran.json["runs"]} == {"skipped"}


# --- wrong usage


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "--nope"], "--nope"),
        (["check", "nowhere"], "nowhere: no such file"),
        (["check", "--engine", "chekov"], "did you mean checkov"),
        (["check", "--select", "CKV_AWS_9999999"], "unknown rule"),
        (["check", "--ignore", "cost/mising-tags"], "did you mean"),
        (["check", "--output", "sarif"], "FORMAT=FILE"),
        (["check", "--output", "sarrif=x"], "did you mean sarif"),
        (["check", "--shard", "3/2"], "I/N"),
        (["check", "--as-of", "tomorrow"], "YYYY-MM-DD"),
        (["check", "--config", "nowhere.toml"], "nowhere.toml"),
        (["check", "--baseline", "nowhere.json"], "djaws baseline write"),
        (["explain", "CKV_AWS_16000"], "did you mean"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_to_do(
    arguments: list[str], said: str, repository: Repository, djaws: Djaws
) -> None:
    repository.commit({"a.txt": "x"})
    ran = djaws(*arguments, cwd=repository.root)
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fail_on = 'high'", "did you mean fail-on"),
        ("fail-on = 'hgih'", "hgih"),
        ("jobs = 'many'", "jobs"),
        ("= broken", "not valid TOML"),
        ("[[waivers]]\nreson = 'x'", "did you mean waivers[0].reason"),
        ("[policies.'cost/nope']\nx = 1", "cost/nope"),
    ],
)
def test_a_wrong_configuration_ends_with_2_and_names_the_key(
    text: str, said: str, repository: Repository, djaws: Djaws
) -> None:
    repository.commit({"djaws.toml": text})
    ran = djaws("check", cwd=repository.root)
    assert ran.code == 2
    assert said in ran.err


# --- engines that are missing, crash, print rubbish or hang


def fake(folder: Path, driver: str, body: str) -> dict[str, str]:
    """An environment in which workers of one engine act as `body` says, before the real driver is loaded.

    djaws is imported through a link beside a `sitecustomize.py`, so that its workers find that too.
    """
    folder.mkdir()
    (folder / "djaws").symlink_to(Path(djaws_package.__file__).parent)
    (folder / "sitecustomize.py").write_text(
        f"import sys\nif 'djaws.worker' in sys.orig_argv and sys.orig_argv[-1] == {driver!r}:\n    {body}\n"
    )
    return {"PYTHONPATH": str(folder)}


@pytest.mark.parametrize(
    ("body", "state", "why"),
    [
        ("import os; os._exit(7)", "failed", "exit code 7"),
        ("import os; os.write(1, b'rubbish' * 100); import time; time.sleep(30)", "failed", "nonsense"),
        ("import time; time.sleep(600)", "timeout", "no answer within"),
    ],
    ids=["crash", "rubbish", "hang"],
)
def test_an_engine_that_fails_is_reported_and_the_others_stay(
    body: str, state: str, why: str, repository: Repository, djaws: Djaws, tmp_path: Path
) -> None:
    repository.commit(GOOD)
    env = fake(tmp_path / "site", "bandit", body)
    ran = djaws("check", "--format", "json", "--timeout", "20", cwd=repository.root, env=env)
    run = next(run for run in ran.json["runs"] if run["engine"] == "bandit")
    assert run["state"] == state
    assert why in " ".join(error["because"] for error in run["errors"])
    assert rules(ran.json) >= EXPECTED - {"B301"}
    assert ran.json["verdict"]["complete"] is False
    assert ran.code in (1, 3)


def test_a_missing_engine_makes_the_run_incomplete(
    repository: Repository, djaws: Djaws, tmp_path: Path
) -> None:
    repository.commit({"app/load.py": "x = 1\n"})
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import importlib.metadata as m\n"
        "real = m.version\n"
        "def version(name):\n"
        "    if name == 'bandit': raise m.PackageNotFoundError(name)\n"
        "    return real(name)\n"
        "m.version = version\n"
    )
    ran = djaws(
        "check", "--engine", "bandit", "--format", "json", cwd=repository.root, env={"PYTHONPATH": str(site)}
    )
    assert next(run["state"] for run in ran.json["runs"] if run["engine"] == "bandit") == "missing"
    assert ran.code == 3
