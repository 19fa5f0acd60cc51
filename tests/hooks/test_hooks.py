"""The hooks, under real pre-commit, prek and plain git: commits that must be stopped, must pass, and concern nobody."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).parent.parent.parent
MANIFEST: list[dict[str, Any]] = yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
HOOKS = {hook["id"]: hook for hook in MANIFEST}
SCRIPTS = str(Path(sys.executable).parent)
LIGHT_LIMIT = 250 * 1024 * 1024

GRAVE = "import subprocess\n\nsubprocess.call('ls ' + input(), shell=True)\n"
CLEAN = "print('hello')\n"

downloads = pytest.mark.skipif(
    not os.environ.get("DJAWS_TEST_INSTALL"), reason="downloads the engines; .ci/run asks for it"
)


def environment(tmp_path: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "PRE_COMMIT", "PREK"))
    }
    return {
        **kept,
        "PATH": os.pathsep.join([SCRIPTS, kept.get("PATH", "")]),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "t",
        "GIT_AUTHOR_EMAIL": "t@example.org",
        "GIT_COMMITTER_NAME": "t",
        "GIT_COMMITTER_EMAIL": "t@example.org",
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit-home"),
        "PREK_HOME": str(tmp_path / "prek-home"),
    }


class Project:
    """A repository whose commits run hooks."""

    def __init__(self, root: Path, variables: dict[str, str]) -> None:
        self.root = root
        self.variables = variables
        root.mkdir()
        self.git("init", "-q", "-b", "main")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.root,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def git(self, *arguments: str) -> str:
        done = self.run("git", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def commit(self, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Stages the files and commits: the hook decides whether the commit comes to be."""
        for name, text in files.items():
            (self.root / name).write_text(text)
        self.git("add", "--", *files)
        return self.run("git", "commit", "-m", "c")

    def commits(self) -> int:
        return int(self.git("rev-list", "--count", "--all"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A local clone of djaws as it is in the working tree, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=TOP,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    clone = tmp_path / "djaws"
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if (TOP / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(TOP / name, clone / name)
    variables = environment(tmp_path)
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "c"]):
        subprocess.run(["git", *command], cwd=clone, env=variables, check=True)
    return clone


def configure(project: Project, source: Path, hook: str, overrides: dict[str, Any]) -> None:
    revision = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=source, capture_output=True, text=True, check=True
    )
    entry = {"repo": str(source), "rev": revision.stdout.strip(), "hooks": [{"id": hook, **overrides}]}
    (project.root / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [entry]}))


#: The djaws of whoever runs the tests, where the hook would bring its own: everything else of the manifest stays.
BORROWED: dict[str, Any] = {"language": "system", "additional_dependencies": []}


def hold(project: Project, manager: str) -> None:
    """The three commits that every hook must judge rightly."""
    installed = project.run(manager, "install")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    nobody = project.commit({"README.md": "# hello\n"})
    assert project.commits() == 1, nobody.stdout + nobody.stderr
    assert "Skipped" in nobody.stdout + nobody.stderr

    stopped = project.commit({"app.py": GRAVE})
    assert project.commits() == 1, stopped.stdout + stopped.stderr
    assert "B602" in stopped.stdout + stopped.stderr

    passed = project.commit({"app.py": CLEAN})
    assert project.commits() == 2, passed.stdout + passed.stderr
    assert "Passed" in passed.stdout + passed.stderr


@pytest.mark.parametrize("hook", ["djaws", "djaws-full"])
@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
def test_a_fault_is_stopped_and_a_clean_change_is_not(
    manager: str, hook: str, source: Path, tmp_path: Path
) -> None:
    project = Project(tmp_path / "project", environment(tmp_path))
    configure(project, source, hook, BORROWED)
    hold(project, manager)


@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
def test_what_is_staged_is_judged_and_not_what_is_written(manager: str, source: Path, tmp_path: Path) -> None:
    project = Project(tmp_path / "project", environment(tmp_path))
    configure(project, source, "djaws", BORROWED)
    project.run(manager, "install")
    (project.root / "app.py").write_text(GRAVE)
    project.git("add", "app.py")
    (project.root / "app.py").write_text(CLEAN)
    done = project.run("git", "commit", "-m", "c")
    assert done.returncode != 0, done.stdout + done.stderr
    assert "B602" in done.stdout + done.stderr


OLD = "import subprocess\n\nsubprocess.call('old ' + input(), shell=True)\n"


@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
def test_of_a_partly_staged_file_only_what_is_staged_and_new_counts(
    manager: str, source: Path, tmp_path: Path
) -> None:
    project = Project(tmp_path / "project", environment(tmp_path))
    configure(project, source, "djaws", BORROWED)
    (project.root / "app.py").write_text(OLD)
    project.git("add", "-A")
    project.git("commit", "-q", "-m", "before there was a hook")
    project.run(manager, "install")

    (project.root / "app.py").write_text(f"# a note\n{OLD}")
    project.git("add", "app.py")
    unfinished = f"# a note\n{OLD}subprocess.call('new ' + input(), shell=True)\n"
    (project.root / "app.py").write_text(unfinished)
    passed = project.run("git", "commit", "-m", "the note alone")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert (project.root / "app.py").read_text() == unfinished

    project.git("add", "app.py")
    (project.root / "app.py").write_text("# all gone\n")
    stopped = project.run("git", "commit", "-m", "the fault")
    assert stopped.returncode != 0
    told = stopped.stdout + stopped.stderr
    assert re.findall(r"^ +(\d+) \S high", told, re.MULTILINE) == ["5"], told


@downloads
@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
def test_the_light_hook_brings_an_environment_that_fits(manager: str, source: Path, tmp_path: Path) -> None:
    project = Project(tmp_path / "project", environment(tmp_path))
    configure(project, source, "djaws", {})
    hold(project, manager)
    home = tmp_path / f"{manager}-home"
    environments = [*home.glob("repo*/py_env-*"), *home.glob("hooks/python-*")]
    assert len(environments) == 1, sorted(home.iterdir())
    size = subprocess.run(["du", "-sb", str(environments[0])], capture_output=True, text=True, check=True)
    assert int(size.stdout.split()[0]) <= LIGHT_LIMIT


@downloads
def test_the_full_hook_brings_every_engine(source: Path, tmp_path: Path) -> None:
    project = Project(tmp_path / "project", environment(tmp_path))
    configure(project, source, "djaws-full", {"args": ["--select", "CKV_AWS_24"]})
    project.run("prek", "install")
    stopped = project.commit(
        {
            "main.tf": 'resource "aws_security_group" "ssh" {\n  ingress {\n    from_port   = 22\n    to_port     = 22\n'
            '    protocol    = "tcp"\n    cidr_blocks = ["0.0.0.0/0"]\n  }\n}\n'
        }
    )
    assert stopped.returncode != 0
    assert "CKV_AWS_24" in stopped.stdout + stopped.stderr


# --- plain git


@pytest.fixture
def plain(tmp_path: Path) -> Project:
    project = Project(tmp_path / "project", environment(tmp_path))
    hook = project.root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    shutil.copy(TOP / "hooks" / "pre-commit", hook)
    hook.chmod(0o755)
    return project


def test_plain_git_stops_a_fault_and_lets_a_clean_change_pass(plain: Project) -> None:
    stopped = plain.commit({"app.py": GRAVE})
    assert stopped.returncode != 0
    assert "B602" in stopped.stdout + stopped.stderr
    passed = plain.commit({"app.py": CLEAN})
    assert passed.returncode == 0, passed.stdout + passed.stderr


def test_plain_git_judges_what_is_staged_and_not_what_is_written(plain: Project) -> None:
    (plain.root / "app.py").write_text(GRAVE)
    plain.git("add", "app.py")
    (plain.root / "app.py").write_text(CLEAN)
    done = plain.run("git", "commit", "-m", "c")
    assert done.returncode != 0
    assert "B602" in done.stdout + done.stderr


def test_plain_git_judges_what_commit_all_is_about_to_take(plain: Project) -> None:
    assert plain.commit({"app.py": CLEAN}).returncode == 0
    (plain.root / "app.py").write_text(GRAVE)
    done = plain.run("git", "commit", "-a", "-m", "c")
    assert done.returncode != 0
    assert "B602" in done.stdout + done.stderr


def test_plain_git_takes_the_command_it_is_told(plain: Project) -> None:
    plain.variables["DJAWS"] = "echo judged"
    done = plain.commit({"app.py": GRAVE})
    assert done.returncode == 0
    assert "judged check --staged" in done.stdout + done.stderr


def test_plain_git_without_djaws_stops_and_says_how_to_get_it(plain: Project, tmp_path: Path) -> None:
    bare = tmp_path / "bin"
    bare.mkdir()
    for name in ("git", "sh"):
        (bare / name).symlink_to(shutil.which(name) or name)
    plain.variables["PATH"] = str(bare)
    done = plain.commit({"app.py": CLEAN})
    assert done.returncode != 0
    assert "pipx install" in done.stderr


# --- the manifest


def test_the_manifest_is_generated() -> None:
    ran = subprocess.run([sys.executable, str(TOP / "tools" / "refresh_hooks.py"), "--check"], check=False)
    assert ran.returncode == 0


RELEVANT = [
    "manage.py", "shop/settings/prod.py", "shop/templates/base.html", "infra/main.tf", "infra/prod.tfvars", "infra/x.tf.json",
    "template.yaml", "stack.template", "params.json", ".github/workflows/ci.yml", ".ebextensions/01.config", "Dockerfile",
    "Dockerfile.prod", "docker/web.Dockerfile", "Procfile", "buildspec.yml", "requirements.txt", "requirements/base.in",
    "poetry.lock", "uv.lock", "pyproject.toml", "djaws.toml", "uwsgi.ini", "deploy/nginx.conf", "bin/entrypoint.sh",
    "gunicorn.service", ".env", ".env.production", "compose.yaml", "zappa_settings.json", "samconfig.toml", "djaws-baseline.json",
    "setup.cfg", "Pipfile", "user_data.sh.tftpl",
]  # fmt: skip
IRRELEVANT = [
    "README.md", "docs/index.rst", "static/site.css", "static/logo.svg", "logo.png", "package.json", "package-lock.json",
    "yarn.lock", "frontend/tsconfig.json", "LICENSE", "LICENSE.txt", "CHANGELOG.txt", "robots.txt", "app.js", "fonts/a.woff2",
    "notes.ipynb", "Dockerfiles", "python", "main.tfx",
]  # fmt: skip


def sets_off(hook: dict[str, Any], path: str) -> bool:
    return bool(re.search(hook["files"], path)) and not re.search(hook["exclude"], path)


@pytest.mark.parametrize("hook", MANIFEST, ids=lambda hook: hook["id"])
def test_what_can_change_a_verdict_sets_the_hook_off(hook: dict[str, Any]) -> None:
    assert [path for path in RELEVANT if not sets_off(hook, path)] == []


@pytest.mark.parametrize("hook", MANIFEST, ids=lambda hook: hook["id"])
def test_what_cannot_does_not(hook: dict[str, Any]) -> None:
    assert [path for path in IRRELEVANT if sets_off(hook, path)] == []


def test_the_hooks_judge_the_project_once_and_not_file_by_file() -> None:
    for hook in MANIFEST:
        assert hook["pass_filenames"] is False
        assert hook["require_serial"] is True
        assert "--staged" in hook["entry"]
        assert "types" not in hook
        assert "types_or" not in hook


def test_the_light_hook_asks_only_for_engines_it_brings() -> None:
    light = HOOKS["djaws"]
    asked = set(re.findall(r"--engine (\S+)", light["entry"])) - {"djaws"}
    assert asked == {pin.partition("==")[0] for pin in light["additional_dependencies"]}
    assert "checkov" not in asked


def test_the_other_managers_run_the_same_command() -> None:
    lefthook = yaml.safe_load((TOP / "hooks" / "lefthook.yml").read_text(encoding="utf-8"))
    assert lefthook["pre-commit"]["commands"]["djaws"]["run"] == "djaws check --staged"
    husky = (TOP / "hooks" / "husky" / "pre-commit").read_text(encoding="utf-8")
    assert husky.splitlines()[-1] == "djaws check --staged"
