"""The Pipeline: what builds, tests, deploys and starts the project, as far as files of the repository say.

Everything keeps its place. A file that cannot be parsed is `undecided`, never silently left out. CodePipeline and
CodeBuild *resources* are in the stacks; their buildspec files are here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from posixpath import normpath

from djaws.errors import Refused
from djaws.files import Tree, is_dockerfile, is_workflow
from djaws.finding import Span, Undecided
from djaws.model.pipeline import compose as compose_files
from djaws.model.pipeline import platforms, requirements, servers, syntax, systems, workflows
from djaws.model.pipeline.compose import Compose, Service
from djaws.model.pipeline.dockerfile import Dockerfile, Instruction, Stage
from djaws.model.pipeline.dockerfile import parse as parse_dockerfile
from djaws.model.pipeline.platforms import AppRunner, Beanstalk, Copilot, ZappaStage
from djaws.model.pipeline.requirements import Requirement, RequirementFile
from djaws.model.pipeline.scripts import Configuration, Job, Script
from djaws.model.pipeline.servers import Nginx, Options, Program
from djaws.model.pipeline.shell import Command
from djaws.model.pipeline.workflows import CompositeAction, Step, Trigger, Workflow, WorkflowJob

__all__ = [
    "AppRunner",
    "Beanstalk",
    "Command",
    "Compose",
    "CompositeAction",
    "Configuration",
    "Copilot",
    "Dockerfile",
    "Instruction",
    "Job",
    "Nginx",
    "Options",
    "Pipeline",
    "Program",
    "Requirement",
    "RequirementFile",
    "Script",
    "Service",
    "Stage",
    "Step",
    "Trigger",
    "Workflow",
    "WorkflowJob",
    "ZappaStage",
    "load",
]

UNPARSABLE = "gate/unparsable-file"


@dataclass(frozen=True)
class Pipeline:
    """All pipeline files of a repository. `scripts` are its shell scripts by path, `pythons` the Python versions it names."""

    workflows: tuple[Workflow, ...] = ()
    actions: tuple[CompositeAction, ...] = ()
    configurations: tuple[Configuration, ...] = ()
    dockerfiles: tuple[Dockerfile, ...] = ()
    composes: tuple[Compose, ...] = ()
    programs: tuple[Program, ...] = ()
    options: tuple[Options, ...] = ()
    nginx: tuple[Nginx, ...] = ()
    beanstalk: tuple[Beanstalk, ...] = ()
    copilot: tuple[Copilot, ...] = ()
    app_runner: tuple[AppRunner, ...] = ()
    zappa: tuple[ZappaStage, ...] = ()
    requirement_files: tuple[RequirementFile, ...] = ()
    pythons: tuple[tuple[str, Span], ...] = ()
    scripts: Mapping[str, Script] = field(default_factory=dict)
    undecided: tuple[Undecided, ...] = ()

    @cached_property
    def requirements(self) -> Mapping[str, tuple[Requirement, ...]]:
        """Every requirement by normalised name, locked ones first."""
        found: dict[str, list[Requirement]] = {}
        for file in self.requirement_files:
            for each in file.requirements:
                found.setdefault(each.name, []).append(each)
        return {
            name: tuple(sorted(all_, key=lambda each: not each.is_locked)) for name, all_ in found.items()
        }

    def requires(self, *names: str) -> tuple[Requirement, ...]:
        """The requirements of any of these names."""
        return tuple(
            each for name in names for each in self.requirements.get(requirements.normalise(name), ())
        )

    def dockerfile(self, path: str) -> Dockerfile | None:
        return next((each for each in self.dockerfiles if each.path == path), None)

    def action(self, folder: str) -> CompositeAction | None:
        """The action of this repository in a folder."""
        return next((each for each in self.actions if each.folder == folder), None)

    def workflow(self, path: str) -> Workflow | None:
        return next((each for each in self.workflows if each.path == path), None)

    def commands(self) -> Iterator[tuple[Command, Span]]:
        """Every shell command that any pipeline runs, with its place: workflows, local actions, other systems."""
        for flow in self.workflows:
            for job in flow.jobs:
                yield from job.commands
        for action in self.actions:
            for step in action.steps:
                yield from step.commands
        for configuration in self.configurations:
            for each in configuration.jobs:
                yield from each.commands

    def reached(self, command: Command) -> tuple[Command, ...]:
        """The commands of the repository's script that a command runs (`./deploy.sh`, `bash ci/test.sh`), one step deep."""
        path = script_path(command)
        script = self.scripts.get(normpath(path)) if path else None
        return script.commands if script else ()


def script_path(command: Command) -> str:
    """The script that a command runs, as it is written; empty when it runs none."""
    words = [word for word in command.literals if word != "exec"]
    if words and words[0].rpartition("/")[2] in ("sh", "bash", "dash", "source", ".", "zsh"):
        words = [word for word in words[1:] if not word.startswith("-")]
    name = words[0] if words else ""
    return name if name.endswith((".sh", ".bash")) or name.startswith(("./", "../")) or "/" in name else ""


def load(tree: Tree) -> Pipeline:
    """Read every pipeline file of the tree."""
    return _Loader(tree).load()


Read = Callable[[str], None]


class _Loader:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.undecided: list[Undecided] = []
        self.workflows: list[Workflow] = []
        self.actions: list[CompositeAction] = []
        self.configurations: list[Configuration] = []
        self.dockerfiles: list[Dockerfile] = []
        self.composes: list[Compose] = []
        self.programs: list[Program] = []
        self.options: list[Options] = []
        self.nginx: list[Nginx] = []
        self.beanstalk: list[Beanstalk] = []
        self.copilot: list[Copilot] = []
        self.app_runner: list[AppRunner] = []
        self.zappa: list[ZappaStage] = []
        self.requirement_files: list[RequirementFile] = []
        self.pythons: list[tuple[str, Span]] = []
        self.scripts: dict[str, Script] = {}

    def load(self) -> Pipeline:
        for path in self.tree.paths:
            reader = self._reader(path)
            if reader is not None:
                try:
                    reader(path)
                except Refused as refused:
                    self.undecided.append(Undecided(UNPARSABLE, Span(path, refused.line), refused.because))
        self._include()
        return Pipeline(
            tuple(self.workflows),
            tuple(self.actions),
            tuple(self.configurations),
            tuple(self.dockerfiles),
            tuple(self.composes),
            tuple(self.programs),
            tuple(self.options),
            tuple(self.nginx),
            tuple(self.beanstalk),
            tuple(self.copilot),
            tuple(self.app_runner),
            tuple(self.zappa),
            tuple(self.requirement_files),
            tuple(self.pythons),
            self.scripts,
            tuple(self.undecided),
        )

    def _reader(self, path: str) -> Read | None:
        name = path.rpartition("/")[2]
        if path.endswith((".py", ".html", ".js", ".ts", ".tsx", ".css", ".svg", ".png", ".md", ".po")):
            return self._gunicorn if re.fullmatch(r"gunicorn[\w.-]*\.py", name) else None
        if is_workflow(path):
            return self._workflow
        for pattern, reader in self._BY_PATH:
            if pattern.search(path):
                return partial(reader, self)
        if is_dockerfile(path):
            return self._dockerfile
        if requirements.is_requirement_file(path):
            return self._requirements
        return None

    # --- one file each

    def _root(self, path: str) -> syntax.Node | None:
        root = syntax.read(self.tree, path)
        return root if root is not None and root.kind == "mapping" else None

    def _workflow(self, path: str) -> None:
        if root := self._root(path):
            self.workflows.append(workflows.workflow(path, root))

    def _action(self, path: str) -> None:
        root = self._root(path)
        if root and root.get("runs"):
            self.actions.append(workflows.composite_action(path, root))

    def _configured(self, read: Callable[[str, syntax.Node], Configuration], path: str) -> None:
        if root := self._root(path):
            self.configurations.append(read(path, root))

    def _gitlab(self, path: str) -> None:
        self._configured(systems.gitlab, path)

    def _circleci(self, path: str) -> None:
        self._configured(systems.circleci, path)

    def _buildspec(self, path: str) -> None:
        self._configured(systems.buildspec, path)

    def _other_system(self, path: str) -> None:
        name = path.rpartition("/")[2]
        system = next((each for each in ("bitbucket", "azure", "drone", "travis") if each in name), "other")
        self._configured(systems.generic(system), path)

    def _jenkins(self, path: str) -> None:
        self.configurations.append(systems.jenkins(path, self.tree.text(path)))

    def _dockerfile(self, path: str) -> None:
        self.dockerfiles.append(parse_dockerfile(path, self.tree.text(path)))

    def _compose(self, path: str) -> None:
        root = self._root(path)
        if root and root.get("services"):
            self.composes.append(compose_files.compose(path, root))

    def _procfile(self, path: str) -> None:
        self.programs += servers.procfile(path, self.tree.text(path))

    def _supervisor(self, path: str) -> None:
        text = self.tree.text(path)
        if "[program:" in text:
            self.programs += servers.supervisor(path, text)

    def _systemd(self, path: str) -> None:
        self.programs += servers.systemd(path, self.tree.text(path))

    def _s6(self, path: str) -> None:
        folder = path.rpartition("/")[0]
        kind = f"{folder}/type"
        is_oneshot = kind in self.tree and self.tree.text(kind).strip() == "oneshot"
        text = self.tree.text(path)
        if path.endswith("/up"):
            path = self._s6_script(folder, text.strip())
            if not path:
                return
            text = self.tree.text(path)
        program = servers.s6_service(path, text, is_oneshot=is_oneshot)
        if program:
            self.programs.append(program)

    def _s6_script(self, folder: str, line: str) -> str:
        """The file that a oneshot's `up` names by its place in the image; it stands beside it."""
        name = line.split()[-1].rpartition("/")[2] if line.split() else ""
        return f"{folder}/{name}" if f"{folder}/{name}" in self.tree else ""

    def _uwsgi(self, path: str) -> None:
        found = servers.uwsgi(path, self.tree.text(path))
        if found:
            self.options.append(found)

    def _gunicorn(self, path: str) -> None:
        self.options.append(servers.gunicorn(path, self.tree.read(path)))

    def _nginx(self, path: str) -> None:
        text = self.tree.text(path)
        if re.search(r"\b(server|upstream|location|http)\b[^;{}]*\{", text) or "proxy_pass" in text:
            self.nginx.append(servers.nginx(path, text))

    def _beanstalk(self, path: str) -> None:
        if root := self._root(path):
            self.beanstalk.append(platforms.beanstalk(path, root))

    def _copilot(self, path: str) -> None:
        root = self._root(path)
        if root and root.scalar("type"):
            self.copilot.append(platforms.copilot(path, root))

    def _app_runner(self, path: str) -> None:
        if root := self._root(path):
            self.app_runner.append(platforms.app_runner(path, root))

    def _zappa(self, path: str) -> None:
        if root := self._root(path):
            self.zappa += platforms.zappa(path, root)

    def _script(self, path: str) -> None:
        script = servers.shell_script(path, self.tree.text(path))
        if script:
            self.scripts[path] = script

    def _requirements(self, path: str) -> None:
        self.requirement_files.append(requirements.read(self.tree, path))

    def _python(self, path: str) -> None:
        found = requirements.runtime_version(path, self.tree.text(path))
        if found:
            self.pythons.append(found)

    def _include(self) -> None:
        """Files that `-r` and `-c` name, whatever they are called."""
        known = {each.path for each in self.requirement_files}
        waiting = [path for each in self.requirement_files for path in each.includes]
        while waiting and len(known) < requirements.MAX_INCLUDES + len(self.requirement_files):
            path = waiting.pop()
            if path in known or path not in self.tree:
                continue
            known.add(path)
            try:
                file = requirements.requirements_txt(path, self.tree.text(path))
            except Refused as refused:
                self.undecided.append(Undecided(UNPARSABLE, Span(path, refused.line), refused.because))
                continue
            self.requirement_files.append(file)
            waiting += file.includes

    _BY_PATH: tuple[tuple[re.Pattern[str], Callable[[_Loader, str], None]], ...] = tuple(
        (re.compile(pattern), reader)
        for pattern, reader in (
            (r"(^|/)action\.ya?ml$", _action),
            (r"(^|/)buildspec[\w.-]*\.ya?ml$", _buildspec),
            (r"(^|/)\.gitlab-ci[\w.-]*\.ya?ml$|(^|/)\.gitlab/.*\.gitlab-ci\.ya?ml$", _gitlab),
            (r"(^|/)\.circleci/config\.ya?ml$", _circleci),
            (r"(^|/)(bitbucket-pipelines|azure-pipelines[\w-]*|\.drone|\.travis)\.ya?ml$", _other_system),
            (r"(^|/)Jenkinsfile[\w.-]*$", _jenkins),
            (r"(^|/)(docker-)?compose[\w.-]*\.ya?ml$|\.(docker-)?compose\.ya?ml$", _compose),
            (r"(^|/)Procfile[\w.-]*$", _procfile),
            (r"(^|/)supervisord?[\w.-]*\.(conf|ini)$|(^|/)supervisor/.*\.(conf|ini)$", _supervisor),
            (r"\.service$", _systemd),
            (
                r"(^|/)(s6[\w.-]*|services\.d|service)/([^/]+/)*[^/]+/run$|(^|/)s6-rc\.d/([^/]+/)*[^/]+/up$",
                _s6,
            ),
            (r"(^|/)[\w.-]*uwsgi[\w.-]*\.ini$", _uwsgi),
            (
                r"(^|/)nginx[^/]*\.(conf|template|tpl|j2|conf\.\w+)$|(^|/)nginx/.*\.(conf|template|tpl|j2)$",
                _nginx,
            ),
            (r"(^|/)\.ebextensions/[^/]+\.config$", _beanstalk),
            (r"(^|/)copilot/[^/]+/manifest\.ya?ml$", _copilot),
            (r"(^|/)apprunner\.ya?ml$", _app_runner),
            (r"(^|/)zappa_settings\.(json|ya?ml)$", _zappa),
            (r"\.(sh|bash)$|(^|/)([\w-]*entrypoint|start|run|docker-cmd|bootstrap)$", _script),
            (r"(^|/)(\.python-version|runtime\.txt|\.tool-versions)$", _python),
        )
    )
