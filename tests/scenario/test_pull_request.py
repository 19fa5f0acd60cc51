"""A change under review: exactly what it makes new is shown, on the right lines, in every channel."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support import Repository

from .gate import Place, Seen, pull_request, run
from .github import GitHub

ENGINES = "bandit djaws"
END = (datetime.date.today() + datetime.timedelta(days=200)).isoformat()

CONFIG = """
fail-on = "medium"
select = ["B602", "B324", "cost/missing-tags", "gate"]
"""
#: One fault, on line 5.
SHELL = "import subprocess\n\n\ndef {0}(order):\n    subprocess.call(f'{0} {{order}}', shell=True)\n"
TAGS = '  default_tags {\n    tags = { Project = "shop", Environment = "prod", Owner = "web" }\n  }\n'
PROVIDER = 'provider "aws" {{\n  region = "eu-west-1"\n{}}}\n'
BUCKET = 'resource "aws_s3_bucket" "media" {\n  bucket = "shop-media"\n}\n'

BASE = {
    "djaws.toml": CONFIG,
    "app/old.py": SHELL.format("old"),
    "app/mended.py": SHELL.format("mended"),
    "app/before.py": SHELL.format("renamed"),
    "app/accepted.py": "# nothing yet\n",
    "app/nested.py": SHELL.format("nested"),
    "app/twice.py": SHELL.format("twice").replace("    sub", "    print(order)\n    sub"),
    "infra/provider.tf": PROVIDER.format(TAGS),
    "infra/storage.tf": BUCKET,
}

NEW: Place = ("B602", "app/new.py", 5)
CAUSED: Place = ("cost/missing-tags", "infra/storage.tf", 1)
TWICE: Place = ("B602", "app/twice.py", 5)
MOVED: Place = ("B602", "app/old.py", 15)
NESTED: Place = ("B602", "app/nested.py", 6)
ONCE: Place = ("B602", "app/twice.py", 7)
RENAMED: Place = ("B602", "app/deep/after.py", 5)
ACCEPTED: Place = ("B602", "app/accepted.py", 5)


ALL_NEW = (NEW, CAUSED, TWICE)
ALL_OLD = (MOVED, RENAMED, NESTED, ONCE)


@dataclass(frozen=True)
class Change:
    """A repository at the merge of a pull request, and the event that says so."""

    repository: Repository
    base: str
    event: dict[str, Any]


def merge(repository: Repository, number: int = 7) -> Change:
    """Merges what is committed on the branch at hand into main, as GitHub does for a pull request."""
    base = repository.git("rev-parse", "main").strip()
    event = pull_request(repository, base, number)
    branch = event["pull_request"]["head"]["ref"]
    repository.git("checkout", "-q", "--detach", "main")
    repository.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", branch)
    return Change(repository, base, event)


@pytest.fixture
def change(repository: Repository) -> Change:
    repository.commit(BASE)
    repository.git("checkout", "-q", "-b", "change")
    repository.git("rm", "-q", "app/before.py")
    waiver = f"  # djaws: ignore[B602] until={END} -- the order is a number"
    accepted = SHELL.format("accepted").rstrip("\n") + waiver + "\n"
    repository.commit(
        {
            "app/new.py": SHELL.format("new"),
            "app/old.py": "# a note\n" * 10 + SHELL.format("old"),
            "app/mended.py": "def mended(order):\n    return order\n",
            "app/deep/after.py": SHELL.format("renamed"),
            "app/accepted.py": accepted,
            "app/nested.py": SHELL.format("nested").replace("    sub", "    if order:\n        sub"),
            "app/twice.py": re.sub(r"(    sub.*\n)", r"\1    print(order)\n\1", SHELL.format("twice")),
            "infra/provider.tf": PROVIDER.format(""),
        }
    )
    return merge(repository)


def test_a_push_shows_every_open_finding(repository: Repository, github: GitHub, tmp_path: Path) -> None:
    repository.commit(BASE)
    seen = run(repository, tmp_path / "push", github=github, engines=ENGINES)
    names = {"old": 5, "mended": 5, "before": 5, "nested": 5, "twice": 6}
    faults = Counter(("B602", f"app/{name}.py", line) for name, line in names.items())
    assert seen.findings("reported") == faults
    assert seen.outputs["exit-code"] == "1"
    assert shown_by(github) == Counter((path, line, "failure") for _, path, line in faults.elements())
    (created,) = github.check_runs.values()
    assert created["head_sha"] == repository.git("rev-parse", "HEAD").strip()


def shown_by(github: GitHub) -> Counter[tuple[str, int, str]]:
    return Counter(
        (each["path"], each["start_line"], each["annotation_level"]) for each in github.annotations
    )


def uploaded(seen: Seen, name: str = "sarif-file") -> Counter[Place]:
    found: Counter[Place] = Counter()
    for each in seen.sarif(name):
        place = each["locations"][0]["physicalLocation"]
        found[each["ruleId"], place["artifactLocation"]["uri"], place["region"]["startLine"]] += 1
    return found


def test_exactly_what_the_change_makes_new_is_shown_in_every_channel(
    change: Change, github: GitHub, tmp_path: Path
) -> None:
    seen = run(
        change.repository, tmp_path / "pr", github=github, event=change.event, engines=ENGINES, comment="true"
    )
    # the report
    assert seen.findings("reported") == Counter(ALL_NEW)
    assert seen.findings("outside-diff") == Counter(ALL_OLD)
    assert seen.findings("waived") == Counter([ACCEPTED])
    assert seen.findings("baselined", "below-threshold", "duplicate", "answered") == Counter()
    assert seen.outputs["failing"] == seen.outputs["findings"] == "3"
    # the check run: what a deletion caused is shown where the change is
    lines = [("app/new.py", 5), ("app/twice.py", 5), ("infra/provider.tf", 2)]
    assert shown_by(github) == Counter((*each, "failure") for each in lines)
    (created,) = github.check_runs.values()
    assert created["head_sha"] == change.event["pull_request"]["head"]["sha"]
    assert created["conclusion"] == "failure"
    caused = next(each for each in github.annotations if each["path"] == "infra/provider.tf")
    assert "infra/storage.tf:1" in caused["message"]
    # the log: nothing twice
    assert seen.step.annotations == []
    assert "failed: 3 findings" in seen.log
    # the upload: everything open, nothing accepted
    assert uploaded(seen) == Counter([*ALL_NEW, *ALL_OLD])
    assert uploaded(seen, "audit-file") > uploaded(seen)
    assert ACCEPTED in uploaded(seen, "audit-file")
    # the pages
    (comment,) = github.comments
    for page in (seen.summary, comment["body"], created["summary"]):
        assert "app/new.py:5" in page
        assert "infra/storage.tf:1" in page
        assert "Fixed by this change: 1" in page
        assert "app/mended.py" in page
        assert "added by this change" in page
        assert "app/old.py" not in page
        assert "app/nested.py" not in page
        assert "app/deep/after.py" not in page
        head = change.event["pull_request"]["head"]["sha"]
        assert f"https://github.example/acme/shop/blob/{head}/app/new.py#L5" in page


def test_without_a_check_run_the_log_says_the_same(change: Change, tmp_path: Path) -> None:
    seen = run(change.repository, tmp_path / "pr", event=change.event, engines=ENGINES)
    told = Counter((each.properties["file"], each.properties["line"]) for each in seen.step.annotations)
    assert told == Counter([("app/new.py", "5"), ("app/twice.py", "5"), ("infra/provider.tf", "2")])
    assert {each.name for each in seen.step.annotations} == {"error"}
    assert seen.step.obeyed == []


def test_a_fork_loses_the_check_run_and_the_comment_with_a_line_each(
    change: Change, github: GitHub, tmp_path: Path
) -> None:
    github.permissions = frozenset()
    seen = run(
        change.repository, tmp_path / "pr", github=github, event=change.event, engines=ENGINES, comment="true"
    )
    refusals = [line for line in seen.step.log if "HTTP 403" in line]
    assert len(refusals) == 2
    assert "checks: write" in refusals[0]
    assert "pull-requests: write" in refusals[1]
    assert len(seen.step.annotations) == 3
    assert seen.outputs["exit-code"] == "1"
    assert uploaded(seen) == Counter([*ALL_NEW, *ALL_OLD])
    assert github.check_runs == {}
    assert github.comments == []


def test_a_clone_of_depth_one_gives_the_same_as_the_whole_history(change: Change, tmp_path: Path) -> None:
    change.repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    change.repository.git("update-ref", "refs/heads/merged", "HEAD")
    clones = {}
    for depth in (1, 2):
        root = tmp_path / f"depth-{depth}"
        url = f"file://{change.repository.root}"
        change.repository.git("clone", "-q", f"--depth={depth}", "--branch=merged", url, str(root))
        clones[depth] = run(Clone(root), tmp_path / f"pr-{depth}", event=change.event, engines=ENGINES)
    for seen in clones.values():
        assert seen.findings("reported") == Counter(ALL_NEW)
        assert seen.findings("outside-diff") == Counter(ALL_OLD)


class Clone(Repository):
    """A repository that is there already."""

    def __init__(self, root: Path) -> None:
        self.root = root


def test_a_base_that_cannot_be_had_is_said_and_everything_is_judged(change: Change, tmp_path: Path) -> None:
    change.repository.git("update-ref", "refs/heads/merged", "HEAD")
    root = tmp_path / "clone"
    change.repository.git(
        "clone", "-q", "--depth=1", "--branch=merged", f"file://{change.repository.root}", str(root)
    )
    clone = Clone(root)
    clone.git("remote", "remove", "origin")
    seen = run(clone, tmp_path / "pr", event=change.event, engines=ENGINES)
    assert seen.findings("reported") == Counter([*ALL_NEW, *ALL_OLD])
    assert f"the base {change.base} is not in this clone" in seen.summary


# --- the comment


def test_the_comment_is_edited_in_place_and_only_when_it_changes(
    change: Change, github: GitHub, tmp_path: Path
) -> None:
    from djaws.publish import MARKER

    github.comments += [
        {"id": number, "body": f"{MARKER}\nmine", "user": {"type": "User"}} for number in range(1, 131)
    ]
    inputs = {"engines": ENGINES, "comment": "true", "checks": "false"}

    def once(name: str) -> list[str]:
        before = len(github.requests)
        run(change.repository, tmp_path / name, github=github, event=change.event, **inputs)
        return [each.method for each in github.requests[before:] if each.method != "GET"]

    assert once("first") == ["POST"]
    assert once("second") == []
    change.repository.write({"app/more.py": SHELL.format("more")})
    assert once("third") == ["PATCH"]
    assert len(github.comments) == 131
    assert "app/more.py" in github.comments[-1]["body"]
    assert {each["body"] for each in github.comments[:-1]} == {f"{MARKER}\nmine"}


def test_a_push_writes_no_comment(repository: Repository, github: GitHub, tmp_path: Path) -> None:
    repository.commit(BASE)
    seen = run(repository, tmp_path / "push", github=github, engines="bandit", comment="true")
    assert github.comments == []
    assert "no pull request" in seen.log


# --- many findings


def faults(count: int) -> str:
    return "import subprocess\n" + "".join(f"subprocess.call(order[{n}], shell=True)\n" for n in range(count))


def changed(repository: Repository, files: dict[str, str | bytes]) -> Change:
    """A pull request that adds the files."""
    repository.commit({"README.md": "a shop\n", "djaws.toml": 'select = ["B602", "B105"]\nfail-on = "low"\n'})
    repository.git("checkout", "-q", "-b", "change")
    repository.commit(files)
    return merge(repository)


def test_sixty_findings_are_sixty_annotations(repository: Repository, github: GitHub, tmp_path: Path) -> None:
    change = changed(repository, {"app.py": faults(60)})
    seen = run(repository, tmp_path / "pr", github=github, event=change.event, engines="bandit")
    assert [each["start_line"] for each in github.annotations] == list(range(2, 62))
    assert [each.method for each in github.requests] == ["POST", "PATCH"]
    assert seen.step.annotations == []


def test_sixty_findings_without_a_check_run_are_ten_and_a_word_of_the_others(
    repository: Repository, tmp_path: Path
) -> None:
    change = changed(repository, {"app.py": faults(60)})
    seen = run(repository, tmp_path / "pr", event=change.event, engines="bandit")
    assert [each.name for each in seen.step.annotations] == ["error"] * 10 + ["notice"]
    assert "50 more findings" in seen.step.annotations[-1].properties["title"]
    assert seen.step.dropped == []


def test_six_thousand_findings_reach_every_channel_within_its_limits(
    repository: Repository, github: GitHub, tmp_path: Path
) -> None:
    change = changed(repository, {f"app_{n:02}.py": faults(200) for n in range(30)})
    github.impatient = 2
    seen = run(
        repository, tmp_path / "pr", github=github, event=change.event, engines="bandit", comment="true"
    )
    told = Counter((each["path"], each["start_line"]) for each in github.annotations)
    assert told == Counter((f"app_{n:02}.py", line) for n in range(30) for line in range(2, 202))
    assert seen.step.annotations == []
    assert len(seen.summary.encode()) < 1024 * 1024
    (comment,) = github.comments
    assert re.search(r"… and 5,\d{3} more", comment["body"])
    assert comment["body"].count("<details>") == comment["body"].count("</details>")
    assert len(seen.sarif()) == 6000


def test_what_a_broken_check_run_lacks_is_in_the_log(
    repository: Repository, github: GitHub, tmp_path: Path
) -> None:
    change = changed(repository, {"app.py": faults(120)})
    github.breaks_after = 2
    seen = run(repository, tmp_path / "pr", github=github, event=change.event, engines="bandit")
    assert len(github.annotations) == 100
    told = [each.properties["line"] for each in seen.step.annotations if each.name == "error"]
    assert told == [str(line) for line in range(102, 112)]
    assert "10 more findings" in seen.step.annotations[-1].properties["title"]
    assert "no more than 100 annotations" in seen.log


# --- policies about the change itself


MODEL = "from django.db import models\n\n\nclass Order(models.Model):\n    total = models.IntegerField()\n"
LEGACY = MODEL + "    legacy = models.TextField()\n"
MIGRATION = """from django.db import migrations


class Migration(migrations.Migration):
    operations = [
        migrations.RemoveField("order", "legacy"),
    ]
"""


def dropping(repository: Repository, files: dict[str, str | bytes]) -> Change:
    """A pull request that adds a migration which drops a field, and whatever else `files` say."""
    repository.commit({"djaws.toml": 'select = ["flags"]\nfail-on = "low"\n', "orders/models.py": LEGACY})
    repository.git("checkout", "-q", "-b", "change")
    repository.commit({"orders/migrations/0002_drop.py": MIGRATION, **files})
    return merge(repository)


def test_a_field_dropped_with_the_code_that_used_it_is_new(repository: Repository, tmp_path: Path) -> None:
    change = dropping(repository, {"orders/models.py": MODEL})
    seen = run(repository, tmp_path / "pr", event=change.event, engines="djaws")
    place = ("flags/ungated-destructive-migration", "orders/migrations/0002_drop.py", 6)
    assert seen.findings("reported") == Counter([place])
    again = run(repository, tmp_path / "again", event=change.event, engines="djaws")
    assert again.findings("reported") == Counter([place])
    pushed = run(repository, tmp_path / "push", engines="djaws")
    assert pushed.findings("reported") == Counter()


def test_a_field_that_the_code_left_earlier_may_be_dropped(repository: Repository, tmp_path: Path) -> None:
    change = dropping(repository, {})
    seen = run(repository, tmp_path / "pr", event=change.event, engines="djaws")
    assert seen.findings("reported") == Counter()
