"""Jobs of every kind of pipeline in one form: what they run in order, what comes before them, and what cannot be followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

from djaws.finding import Span
from djaws.model.pipeline import Command, Configuration, Job, Step, Workflow, WorkflowJob
from djaws.model.pipeline.shell import Variable
from djaws.model.system import System

from .model import words


@dataclass(frozen=True)
class Act:
    """One thing that a job does: a command (`text`) or an action (`action`). `is_ignored` is one whose failure changes nothing.

    `span` is where the pipeline says so; for a command of a script, where the pipeline runs the script.
    """

    span: Span
    text: str = ""
    action: str = ""
    is_ignored: bool = False
    condition: str = ""
    name: str = ""


@dataclass(frozen=True, eq=False)
class Run:
    """A job. `before` are the jobs that must succeed first; `hidden` is where it does something that cannot be followed."""

    path: str
    name: str
    span: Span
    acts: tuple[Act, ...]
    before: tuple[Run, ...] = ()
    hidden: Span | None = None
    is_ignored: bool = False
    workflow: Workflow | None = None
    job: WorkflowJob | None = None
    configuration: Configuration | None = None

    @cached_property
    def everything_before(self) -> tuple[Run, ...]:
        found: dict[Run, None] = {}
        for each in self.before:
            found[each] = None
            found.update(dict.fromkeys(each.everything_before))
        return tuple(found)


_runs: WeakKeyDictionary[System, tuple[Run, ...]] = WeakKeyDictionary()


def runs(system: System) -> tuple[Run, ...]:
    """Every job of every pipeline file."""
    if system not in _runs:
        _runs[system] = tuple(_read(system))
    return _runs[system]


def _read(system: System) -> Iterator[Run]:
    for flow in system.pipeline.workflows:
        yield from _Flow(system, flow).runs()
    for configuration in system.pipeline.configurations:
        yield from _configured(system, configuration)


class _Flow:
    """The jobs of one workflow, each built after those that it needs."""

    def __init__(self, system: System, flow: Workflow, depth: int = 3) -> None:
        self.system = system
        self.flow = flow
        self.depth = depth
        self.made: dict[str, Run] = {}
        self.busy: set[str] = set()

    def runs(self) -> Iterator[Run]:
        for job in self.flow.jobs:
            run = self._run(job)
            if run is not None:
                yield run

    def _run(self, job: WorkflowJob) -> Run | None:
        if job.id in self.made:
            return self.made[job.id]
        if job.id in self.busy:
            return None
        self.busy.add(job.id)
        needed = (self._run(other) for name in job.needs if (other := self.flow.job(name)) is not None)
        before = tuple(each for each in needed if each is not None)
        acts, hidden = self._acts(job)
        self.made[job.id] = Run(
            self.flow.path,
            job.id,
            job.span,
            acts,
            before,
            hidden,
            job.may_fail,
            self.flow,
            job,
        )
        return self.made[job.id]

    def _acts(self, job: WorkflowJob) -> tuple[tuple[Act, ...], Span | None]:
        if job.uses:
            return self._called(job)
        acts: list[Act] = []
        hidden: Span | None = None
        for step in job.steps:
            more, inner = _step(self.system, step, 3)
            acts += more
            hidden = hidden or inner
        return tuple(acts), hidden

    def _called(self, job: WorkflowJob) -> tuple[tuple[Act, ...], Span | None]:
        """What a reusable workflow does, as if the job did it."""
        called = self.system.pipeline.workflow(job.local) if job.local else None
        if called is None or not self.depth:
            return (), job.span
        inner = tuple(_Flow(self.system, called, self.depth - 1).runs())
        acts = tuple(
            Act(job.span, act.text, act.action, act.is_ignored or run.is_ignored, act.condition)
            for run in sorted(inner, key=lambda run: len(run.everything_before))
            for act in run.acts
        )
        return acts, job.span if any(run.hidden for run in inner) else None


def _step(system: System, step: Step, depth: int) -> tuple[list[Act], Span | None]:
    acts: list[Act] = []
    hidden: Span | None = None
    if step.uses and not step.local:
        place = step.uses_span or step.span
        acts.append(Act(place, "", step.action, step.may_fail, step.condition, step.name))
    if step.local:
        action = system.pipeline.action(step.local)
        if action is None or not action.steps or not depth:
            hidden = step.span
        for each in action.steps if action and depth else ():
            more, inner = _step(system, each, depth - 1)
            acts += [
                Act(step.span, act.text, act.action, act.is_ignored or step.may_fail, step.condition)
                for act in more
            ]
            hidden = hidden or (step.span if inner else None)
    for command, span in step.commands:
        acts += _command(system, command, span, step.may_fail, step.condition)
    return acts, hidden


def _command(
    system: System, command: Command, span: Span, ignored: bool, condition: str = ""
) -> Iterator[Act]:
    lost = ignored or command.may_fail
    yield Act(span, _text(command), "", lost, condition)
    for inner in system.pipeline.reached(command):
        yield Act(span, _text(inner), "", lost or inner.may_fail, condition)


def _text(command: Command) -> str:
    """The command without the text of its variables' names: `$TEST_IMAGE` tests nothing."""
    shown = (
        "".join("$" if isinstance(part, Variable) else str(part) for part in word.parts)
        for word in command.words
    )
    return " ".join(shown)


def _configured(system: System, configuration: Configuration) -> Iterator[Run]:
    made: dict[str, Run] = {}
    for job in _in_order(configuration):
        before = tuple(run for name, run in made.items() if _comes_before(configuration, name, job))
        acts = tuple(
            act for command, span in job.commands for act in _command(system, command, span, job.may_fail)
        )
        made[job.name] = Run(
            configuration.path,
            job.name,
            job.span,
            acts,
            before,
            None if configuration.is_complete else Span(configuration.path, 1),
            job.may_fail,
            configuration=configuration,
        )
    yield from made.values()


def _in_order(configuration: Configuration) -> list[Job]:
    """Jobs so that those that come before others come first."""
    stages = {stage: at for at, stage in enumerate(configuration.stages)}
    if stages:
        return sorted(
            configuration.jobs, key=lambda job: (stages.get(job.stage, len(stages)), len(job.needs))
        )
    by_name = {job.name: job for job in configuration.jobs}
    found: dict[str, Job] = {}

    def visit(job: Job, depth: int) -> None:
        if job.name in found or not depth:
            return
        for name in job.needs:
            if name in by_name:
                visit(by_name[name], depth - 1)
        found[job.name] = job

    for job in configuration.jobs:
        visit(job, 50)
    return list(found.values())


def _comes_before(configuration: Configuration, name: str, job: Job) -> bool:
    if name in job.needs:
        return True
    if not configuration.stages or (job.needs and configuration.system == "gitlab"):
        return False
    other = next(each for each in configuration.jobs if each.name == name)
    stages = configuration.stages
    if other.stage not in stages or job.stage not in stages:
        return False
    return stages.index(other.stage) < stages.index(job.stage)


# --- what acts are

_INSTALLS = re.compile(
    r"^(sudo )?(pip3?|uv|pipenv|poetry|apt|apt-get|apk|yum|dnf|python3? -m pip|conda|brew|echo|printf|export)\b(?! (run|exec)\b)"
    r"|^(npm|yarn|pnpm) (install|i|ci|add)\b"
)
_TESTS = re.compile(
    r"\b(pytest|py\.test|tox|nox|unittest|nosetests|behave|ctest|runtests)\b|\bcoverage run\b"
    r"|(?<![\w])(tests?|verify|qa)(?![\w])|(?<=\w)(?<!la)(?<!at)(?<!con)tests?\b|\btests?[-_:.]\w"
    r"|(?<!manage\.py )(?<![\w])check(?![\w])|\b(make|just|task|run|poe|inv|invoke) ci\b",
    re.IGNORECASE,
)
_MOVES_IMAGES = re.compile(r"^(sudo )?docker (image )?(push|pull|tag|login)\b")
_IS_SHELL_TEST = re.compile(r"^(test|\[|\[\[|if|while)\b|^\[")
_RUNS_TASKS = re.compile(
    r"^(make|just|task|invoke|inv|poe|hatch|fab|npm run|yarn|pnpm|nx|bazel|earthly|dagger|mage)\b"
)

_APPLICATION = re.compile(
    r"\baws (--?[\w-]{1,40}[ =]\S{1,200} ){0,6}(ecs (update-service|deploy|create-service)|lambda update-function-code|deploy (create-deployment|push)"
    r"|elasticbeanstalk (update-environment|create-environment)|apprunner (start-deployment|update-service))\b"
    r"|^(\S*/)?(sam deploy|zappa (deploy|update)|eb deploy|copilot (deploy|(svc|job) deploy)|chalice deploy|(serverless|sls) deploy"
    r"|ecs-deploy|ecs deploy)\b|\b(npx|poetry run|uv run|pipenv run) (zappa (deploy|update)|(serverless|sls) deploy)\b"
)
_APPLICATION_ACTIONS = (
    "aws-actions/amazon-ecs-deploy-task-definition",
    "aws-actions/amazon-ecs-deploy-express-service",
    "aws-actions/aws-lambda-deploy",
    "aws-actions/aws-codedeploy",
    "einaregilsson/beanstalk-deploy",
    "donaldpiret/ecs-deploy",
    "silinternational/ecs-deploy",
    "awslabs/amazon-app-runner-deploy",
    "aws-actions/aws-app-runner-deploy",
    "appleboy/lambda-action",
    "serverless/github-action",
)
_INFRASTRUCTURE = re.compile(
    r"^(\S*/)?(terraform|tofu|terragrunt)( -\S+)*( run-all)? apply\b|^(\S*/)?(npx |poetry run |uv run )?(cdk|cdktf) deploy\b|^pulumi up\b"
    r"|\baws (--?[\w-]{1,40}[ =]\S{1,200} ){0,6}cloudformation (deploy|create-stack|update-stack|execute-change-set)\b"
)
_INFRASTRUCTURE_ACTIONS = (
    "aws-actions/aws-cloudformation-github-deploy",
    "pulumi/actions",
    "youyo/aws-cdk-github-actions",
)
_PUSHES = re.compile(
    r"\bdocker (buildx build\b.{0,600}--push|(image )?push|compose push)\b|\bdocker-compose push\b"
)


_TEST_WORDS = frozenset({"test", "tests", "testing", "pytest", "tox", "nox", "django"})


def is_called_test(run: Run) -> bool:
    """Whether a job's name says that it tests, whatever it runs."""
    title = run.job.name if run.job else ""
    return not words(f"{run.name} {title}").isdisjoint(_TEST_WORDS)


def tests(act: Act) -> bool:
    """Whether it may run the test suite; generous, for a test that is not seen makes a false accusation."""
    if act.action:
        return not words(f"{act.action} {act.name}").isdisjoint(_TEST_WORDS)
    return (
        not _INSTALLS.search(act.text)
        and not _IS_SHELL_TEST.search(act.text)
        and not _MOVES_IMAGES.search(act.text)
        and bool(_TESTS.search(act.text))
    )


def deploys_application(act: Act) -> bool:
    if act.action:
        return act.action.lower() in _APPLICATION_ACTIONS
    return bool(_APPLICATION.search(act.text))


def deploys_infrastructure(act: Act) -> bool:
    if act.action:
        return act.action.lower() in _INFRASTRUCTURE_ACTIONS
    return bool(_INFRASTRUCTURE.search(act.text))


def pushes_image(act: Act) -> bool:
    return act.action.lower() == "docker/build-push-action" or bool(_PUSHES.search(act.text))


def runs_tasks(act: Act) -> bool:
    """Whether it runs a task whose content stands elsewhere."""
    return bool(_RUNS_TASKS.search(act.text))
