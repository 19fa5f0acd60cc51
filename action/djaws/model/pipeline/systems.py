"""Pipelines of other systems: CodeBuild, GitLab, CircleCI, Bitbucket, Azure, Drone, Travis, Jenkins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from djaws.finding import Span
from djaws.model.pipeline.scripts import Configuration, Job, Script, environment, scripts
from djaws.model.pipeline.syntax import Node

_PHASES = ("install", "pre_build", "build", "post_build")


def buildspec(path: str, root: Node) -> Configuration:
    """A CodeBuild buildspec: one job for each phase, in order; `finally` belongs to its phase."""
    variables = environment(root.get("env", "variables"))
    phases = root.get("phases")
    jobs = []
    for phase in _PHASES:
        body = phases.get(phase) if phases else None
        if body is not None and phases is not None:
            steps = (*scripts(body.list("commands")), *scripts(body.list("finally")))
            jobs.append(
                Job(
                    phase,
                    phases.key_span(phase),
                    phase,
                    scripts=tuple(steps),
                    needs=_PHASES[: _PHASES.index(phase)],
                )
            )
    return Configuration(path, "buildspec", tuple(jobs), variables, _PHASES)


_GITLAB_WORDS = frozenset(
    [
        "stages",
        "default",
        "include",
        "variables",
        "workflow",
        "image",
        "services",
        "before_script",
        "after_script",
        "cache",
        "pages:deploy",
        "spec",
    ]
)


def gitlab(path: str, root: Node) -> Configuration:
    """`.gitlab-ci.yml`: `extends` and defaults are laid under each job; templates (`.name`) are no jobs."""
    stages = root.texts("stages") or (".pre", "build", "test", "deploy", ".post")
    jobs = tuple(
        _gitlab_job(name, node, root)
        for name, node in root.entries.items()
        if name not in _GITLAB_WORDS and not name.startswith(".") and node.kind == "mapping"
    )
    includes = root.list("include")
    is_complete = all(each.scalar("local") or each.kind == "scalar" for each in includes)
    return Configuration(
        path, "gitlab", jobs, environment(root.get("variables")), stages, is_complete and not includes
    )


def _gitlab_job(name: str, node: Node, root: Node) -> Job:
    chain = [node, *_ancestors(node, root, 8)]

    def found(key: str) -> Node | None:
        inherited = (each.get(key) for each in (*chain, root.get("default") or root, root))
        return next((each for each in inherited if each is not None), None)

    def own(key: str) -> Node | None:
        return next((value for each in chain if (value := each.get(key)) is not None), None)

    place, rules, when = own("environment"), own("rules"), own("when")
    steps = [each for key in ("before_script", "script", "after_script") if (each := found(key)) is not None]
    needs = own("needs")
    return Job(
        name,
        root.key_span(name),
        (stage.text if (stage := own("stage")) else "test"),
        _image(found("image")),
        tuple(script for each in steps for script in scripts(each.list())),
        tuple(each.scalar("job") or each.text for each in needs.list()) if needs else (),
        (place.scalar("name") or place.text) if place else "",
        environment(own("variables")),
        bool(when and when.text == "manual")
        or any(each.scalar("when") == "manual" for each in (rules.list() if rules else ())),
        bool((may := own("allow_failure")) and may.is_true),
        tuple(each.scalar("if") for each in (rules.list() if rules else ()) if each.scalar("if")),
    )


def _image(node: Node | None) -> str:
    return (node.scalar("name") or node.text) if node else ""


def _ancestors(node: Node, root: Node, depth: int) -> Iterator[Node]:
    if not depth:
        return
    for name in reversed(node.texts("extends")):
        parent = root.get(name)
        if parent is not None:
            yield parent
            yield from _ancestors(parent, root, depth - 1)


def circleci(path: str, root: Node) -> Configuration:
    """`.circleci/config.yml`: `run` steps of jobs, commands of the file inlined once, `requires` of its workflows."""
    shared = root.get("commands")
    needs, places, manual = _circle_needs(root)
    jobs = []
    for name, node in (root.get("jobs") or root).entries.items() if root.get("jobs") else ():
        steps = tuple(_circle_steps(node.list("steps"), shared, 3))
        image = next((each.scalar("image") for each in node.list("docker")), "")
        line = root.get("jobs").key_span(name)  # type: ignore[union-attr]
        jobs.append(
            Job(
                name,
                line,
                image=image,
                scripts=steps,
                needs=needs.get(name, ()),
                environment=places.get(name, ""),
                variables=environment(node.get("environment")),
                is_manual=name in manual,
            )
        )
    return Configuration(path, "circleci", tuple(jobs), {}, (), not root.get("orbs"))


def _circle_steps(nodes: tuple[Node, ...], shared: Node | None, depth: int) -> Iterator[Script]:
    for node in nodes:
        run = node.get("run")
        if run is not None:
            yield from scripts([run] if run.kind == "scalar" else run.list("command"))
        for key in ("when", "unless"):
            if depth and (inner := node.get(key)):
                yield from _circle_steps(inner.list("steps"), shared, depth - 1)
        name = node.text if node.kind == "scalar" else next(iter(node.entries), "")
        command = shared.get(name) if shared and depth else None
        if command is not None:
            yield from _circle_steps(command.list("steps"), shared, depth - 1)


def _circle_needs(root: Node) -> tuple[dict[str, tuple[str, ...]], dict[str, str], set[str]]:
    needs: dict[str, tuple[str, ...]] = {}
    places: dict[str, str] = {}
    approvals: set[str] = set()
    for flow in (root.get("workflows") or root).entries.values() if root.get("workflows") else ():
        for each in flow.list("jobs"):
            for name, body in each.entries.items():
                needs[name] = (*needs.get(name, ()), *body.texts("requires"))
                places[name] = body.scalar("context") or places.get(name, "")
                if body.scalar("type") == "approval":
                    approvals.add(name)
    return needs, places, {name for name, before in needs.items() if approvals & set(before)}


def generic(system: str) -> Callable[[str, Node], Configuration]:
    """A reader that lists every script of a file, wherever it stands: under `script`, `bash`, `commands`, ….

    Jobs, order and conditions are not read: the file is recognised and its commands are known, no more.
    """

    def read(path: str, root: Node) -> Configuration:
        found = tuple(_any_scripts(root, 30))
        return Configuration(path, system, (Job(system, Span(path, 1), scripts=found),), {}, (), False)

    return read


_SCRIPT_KEYS = frozenset(
    {"script", "scripts", "bash", "run", "commands", "command", "before_script", "install", "after-script"}
)


def _any_scripts(node: Node, depth: int) -> Iterator[Script]:
    if not depth:
        return
    for key, value in node.entries.items():
        if key in _SCRIPT_KEYS and value.kind != "mapping":
            yield from scripts(value.list())
        else:
            yield from _any_scripts(value, depth - 1)
    for item in node.items:
        yield from _any_scripts(item, depth - 1)


_JENKINS = re.compile(r"""\bsh\s*\(?\s*(?:script\s*:\s*)?('''|\"\"\"|'|")(.*?)\1""", re.DOTALL)


def jenkins(path: str, text: str) -> Configuration:
    """A Jenkinsfile: the shell steps written as plain strings; anything else stays unread."""
    found = tuple(
        Script.of(each[2], Span(path, text.count("\n", 0, each.start(2)) + 1))
        for each in _JENKINS.finditer(text)
    )
    return Configuration(path, "jenkins", (Job("jenkins", Span(path, 1), scripts=found),), {}, (), False)
