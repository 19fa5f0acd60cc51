"""Holds policies to their examples: every mark must be met by a finding, and every finding by a mark.

Beside a policy `policies/<topic>/<name>.py` lie its examples in `policies/<topic>/examples/<name>/`. Each entry is a file, or a
directory that is a small repository, called `pass-<language>…` or `fail-<language>…`. Marks are comments: `# expect: <id>` on
the finding's line (or alone on the line above), `# expect-file: <id>` for a finding about a file as a whole, and
`# undecided: <id>` where the policy must not decide. `# change: …` marks make an example a change under review.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from djaws import config as configuration
from djaws import judge
from djaws.change import Change
from djaws.config import FileConfig
from djaws.engines.drivers.djaws import judge_policies
from djaws.errors import DjawsError
from djaws.files import Tree, discover_plain
from djaws.finding import Finding, Output
from djaws.judge import waive
from djaws.judge.gate import Configurations
from djaws.model.system import System
from djaws.names import known_rules
from djaws.policy import LANGUAGES, NoParams, Policy, load, own_folder

#: Examples are judged as of this day, unless their own djaws.toml says otherwise, so that they never rot.
AS_OF = datetime.date(2026, 11, 1)

_MARK = re.compile(
    r"(?:#|//|/\*|<!--|\{#|--)\s*(?P<kind>expect|expect-file|undecided):\s*(?P<ids>[a-z][\w/, -]*)"
)
_CHANGE = re.compile(r"# change: (?P<does>new file|added|removed .*)")
_NAME = re.compile(rf"^(?P<kind>pass|fail)-(?P<language>{'|'.join(LANGUAGES)})(?=[-.]|$)")

Mark = tuple[Literal["expect", "undecided"], str, int | None]


@dataclass(frozen=True)
class Case:
    """One example of one policy."""

    policy: Policy
    name: str
    tree: Tree
    language: str
    must_fail: bool
    is_marked: bool = True


def cases(policy: Policy) -> Iterator[Case]:
    """The examples beside a policy; a name that says neither pass nor fail nor a language is an error."""
    suffix = {"terraform": "tf", "cloudformation": "yaml", "sam": "yaml"}
    for language, must_fail, text in policy.inline:
        name = f"{'fail' if must_fail else 'pass'}-{language}"
        only = f"{name}.{suffix.get(language, 'txt')}"
        tree = Tree(Path(name), (only,), overlay={only: text.encode()})
        yield Case(policy, f"{policy.id}:{name}", tree, language, must_fail, is_marked=False)
    if policy.inline or not policy.module.__file__:
        return
    file = Path(policy.module.__file__)
    folder = file.parent / "examples" / file.stem
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__")):
            continue
        match = _NAME.match(path.name)
        if not match:
            raise DjawsError(
                f"{path}: call an example pass-<language>… or fail-<language>…, with one of {', '.join(LANGUAGES)}"
            )
        yield Case(
            policy, f"{policy.id}:{path.name}", _tree(path), match["language"], match["kind"] == "fail"
        )


def disagreements(case: Case) -> list[str]:
    """What the policy says differently from the example's marks, a sentence each; empty when they agree."""
    said = Counter(_said(case, case.tree))
    if not case.is_marked:
        return _unmarked(case, said)
    marks = Counter(_marks(case.tree, case.policy.id))
    faults = [f"{_at(mark)}: expected, but not there" for mark in (marks - said).elements()]
    faults += [f"{_at(mark)}: not expected" for mark in (said - marks).elements()]
    expects = any(kind == "expect" for kind, _, _ in marks)
    if case.must_fail and not expects:
        faults.append("a failing example needs at least one `# expect:` mark")
    if not case.must_fail and expects:
        faults.append("a passing example must not expect findings")
    return faults


def _unmarked(case: Case, said: Counter[Mark]) -> list[str]:
    """An example without marks must fail somewhere, or nowhere."""
    found = [mark for mark in said if mark[0] == "expect"]
    if case.must_fail:
        return [] if found else ["expected a finding, but there is none"]
    return [f"{_at(mark)}: not expected" for mark in found]


def missing(policy: Policy) -> list[str]:
    """The examples that a policy lacks: each of its languages needs one that fails and one that passes."""
    present = {(case.language, case.must_fail) for case in cases(policy)}
    return [
        f"no {'failing' if must_fail else 'passing'} example for {language}"
        for language in policy.languages
        for must_fail in (True, False)
        if (language, must_fail) not in present
    ]


def _tree(path: Path) -> Tree:
    return discover_plain(path) if path.is_dir() else Tree(path.parent, (path.name,))


def _marks(tree: Tree, policy_id: str) -> Iterator[Mark]:
    for path in tree.paths:
        lines = tree.text(path).split("\n")
        for number, line in enumerate(lines, 1):
            for match in _MARK.finditer(line):
                if policy_id in [name.strip() for name in match["ids"].split(",")]:
                    yield _mark(match, path, number, lines)


def _mark(match: re.Match[str], path: str, number: int, lines: Sequence[str]) -> Mark:
    if match["kind"] == "expect-file":
        return ("expect", path, None)
    alone = not lines[number - 1][: match.start()].strip()
    kind: Literal["expect", "undecided"] = "expect" if match["kind"] == "expect" else "undecided"
    return (kind, path, _next_line(number, lines) if alone else number)


def _next_line(number: int, lines: Sequence[str]) -> int:
    for index in range(number, len(lines)):
        if lines[index].strip() and not _MARK.search(lines[index]):
            return index + 1
    return number


def _said(case: Case, tree: Tree) -> Iterator[Mark]:
    output = evaluate(case.policy, tree)
    if output.errors:
        raise AssertionError(f"{case.name}: {output.errors[0].because}")
    for finding in output.findings:
        yield ("expect", finding.location.span.path, finding.location.span.line)
    for entry in output.undecided:
        if entry.rule == case.policy.id:
            yield ("undecided", entry.span.path, entry.span.line)


def evaluate(policy: Policy, tree: Tree) -> Output:
    """All that one policy says of a tree, by the configuration in the tree's own djaws.toml."""
    config = _config(tree, "djaws.toml")
    day = configuration.day(config) if config.as_of else AS_OF
    if policy.is_about_judgement:
        said = policy.ask(_judgement(policy, tree, config, day), NoParams())
        return Output(findings=tuple(each for each in said if isinstance(each, Finding)))
    return judge_policies([policy], System(tree, config, day, _change(tree)))


def _change(tree: Tree) -> Change | None:
    """The change that an example is, by its marks: `# change: new file`, `# change: added`, `# change: removed TEXT`."""
    lines: dict[str, tuple[int, ...] | None] = {}
    texts: dict[str, str] = {}
    for path in tree.paths:
        numbered = list(enumerate(tree.text(path).split("\n"), 1))
        marks = [(number, match["does"]) for number, line in numbered if (match := _CHANGE.search(line))]
        if not marks:
            continue
        added = tuple(number for number, does in marks if does == "added")
        lines[path] = None if any(does == "new file" for _, does in marks) else added
        texts[path] = "\n".join(
            does.removeprefix("removed ") for _, does in marks if does.startswith("removed ")
        )
    return Change(lines, texts) if lines else None


def _config(tree: Tree, name: str) -> FileConfig:
    if name not in tree:
        return FileConfig()
    return configuration.merged(configuration.keys_of(tree.text(name), name), {}, name)


def _judgement(policy: Policy, tree: Tree, config: FileConfig, day: datetime.date) -> object:
    """What a `gate/` policy is asked about: the tree's waivers after judging, or its djaws.toml against its base.toml."""
    if policy.subject is Configurations:
        return Configurations("djaws.toml", _config(tree, "base.toml"), config)
    output = judge_policies(load(own_folder()), System(tree, config, day))
    rules = {policy.id: policy.rule for policy in load(own_folder())}
    judged = judge.begin(output.findings, lambda finding: rules[finding.rule])
    inline = [(path, waive.find_inline(path, tree.read(path))) for path in tree.paths]
    waivers = waive.gather(config, "djaws.toml", inline, day)
    waive.waive(judged, waivers, (), config.unwaivable, day)
    return waive.Waivers(waivers, day, complete=True, known=known_rules())


def _at(mark: Mark) -> str:
    kind, path, line = mark
    return f"{path}:{line or 'file'} ({'finding' if kind == 'expect' else 'undecided'})"
