"""Writes .pre-commit-hooks.yaml: the engines at the versions that action/requirements.txt locks, and what sets a hook off.

python tools/refresh_hooks.py            rewrite the file
python tools/refresh_hooks.py --check    fail when the file is not what a rewrite would give
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from _files import finish

TOP = Path(__file__).parent.parent
FILE = TOP / ".pre-commit-hooks.yaml"

#: pre-commit.ci allows 250 MiB an environment: Checkov alone is more.
LIGHT = ("bandit", "cfn-lint", "django")
FULL = ("bandit", "cfn-lint", "checkov", "django")

#: Whatever can change a verdict: code, templates of both kinds, infrastructure, pipelines, processes, dependencies, configuration.
SUFFIXES = (
    "py", "pyi", "html", "htm", "jinja", "jinja2", "j2", "txt", "in",
    "tf", "tfvars", "tofu", "tftpl", "hcl", "json", "yaml", "yml", "template", "config", "conf",
    "toml", "ini", "cfg", "lock", "env", "sh", "service", "dockerfile",
)  # fmt: skip
NAMES = (
    r"(Docker|Container)file([.-][\w.-]+)?", r"[\w.-]+\.(Docker|Container)file", "Procfile", "Pipfile", "Makefile",
    r"\.env(\.[\w.-]+)?", "supervisord?", "run", "entrypoint",
)  # fmt: skip
#: Of these kinds, but never a verdict's business.
NOT = (
    r"package(-lock)?\.json",
    r"composer\.(json|lock)",
    r"tsconfig([\w.-]*)\.json",
    r"yarn\.lock",
    r"pnpm-lock\.yaml",
    r"robots\.txt",
    r"(LICEN[CS]E|README|CHANGELOG)\.txt",
)

TEMPLATE = """\
# Written by tools/refresh_hooks.py.
- id: djaws
  name: djaws
  description: Judge what is staged of a Django application on AWS, without Checkov.
  entry: djaws check --staged --engine djaws --engine bandit --engine cfn-lint --engine django
{common}
  additional_dependencies: [{light}]

- id: djaws-full
  name: djaws (all engines)
  description: Judge what is staged of a Django application on AWS, with every engine.
  entry: djaws check --staged
{common}
  additional_dependencies: [{full}]
"""

COMMON = """\
  language: python
  files: '(^|/)({names}|[^/]+\\.({suffixes}))$'
  exclude: '(^|/)({never})$'
  pass_filenames: false
  require_serial: true
  stages: [pre-commit, manual]
  minimum_pre_commit_version: 3.2.0"""


def main() -> int:
    common = COMMON.format(names="|".join(NAMES), suffixes="|".join(SUFFIXES), never="|".join(NOT))
    text = TEMPLATE.format(common=common, light=_pinned(LIGHT), full=_pinned(FULL))
    return finish(FILE, text, checking="--check" in sys.argv[1:])


def _pinned(names: tuple[str, ...]) -> str:
    lock = (TOP / "action" / "requirements.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", lock, re.MULTILINE))
    return ", ".join(f"{name}=={pins[name]}" for name in names)


if __name__ == "__main__":
    sys.exit(main())
