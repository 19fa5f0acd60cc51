"""JUnit XML, for AWS CodeBuild's test reports and every other build server: a test case for each engine and each finding.

CodeBuild keeps 500 test cases a report and prefers failed ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from djaws.finding import Disposition, EngineRun, Judged
from djaws.render import Options
from djaws.render.escaping import clipped, defused, flat, place, visible
from djaws.render.figures import ending, is_unfinished, places
from djaws.report import Report, prominence

_SHOWN = (
    Disposition.REPORTED,
    Disposition.BELOW_THRESHOLD,
    Disposition.WAIVED,
    Disposition.BASELINED,
    Disposition.ANSWERED,
)
#: What XML 1.0 cannot hold in any form.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report, options: Options) -> str:
    suites = [_suite(run.engine, run.seconds, _cases(run, report)) for run in report.runs]
    unheard = sorted({judged.rule.engine for judged in report.judged} - {run.engine for run in report.runs})
    suites += [_suite(engine, 0.0, _findings(engine, report)) for engine in unheard]
    tests = sum(len(cases) for _, cases in suites)
    lines = (line for head, cases in suites for line in (head, *cases, "  </testsuite>"))
    opening = f'<testsuites name="djaws" tests="{tests}" failures="{report.verdict.failing}" time="{report.seconds:.3f}">'
    return "\n".join(('<?xml version="1.0" encoding="UTF-8"?>', opening, *lines, "</testsuites>", ""))


def _suite(engine: str, seconds: float, cases: Iterable[str]) -> tuple[str, list[str]]:
    written = list(cases)
    failed, broken, skipped = (
        sum(f"<{kind} " in case for case in written) for kind in ("failure", "error", "skipped")
    )
    counts = f'tests="{len(written)}" failures="{failed}" errors="{broken}" skipped="{skipped}"'
    return f'  <testsuite name={attribute(engine)} {counts} time="{seconds:.3f}">', written


def _cases(run: EngineRun, report: Report) -> Iterator[str]:
    """The engine's own case, then its findings."""
    yield _case(run.engine, f"{run.engine} ran", _of_run(run))
    yield from _findings(run.engine, report)


def _findings(engine: str, report: Report) -> Iterator[str]:
    """A case for each finding of the engine, failing ones first."""
    own = (
        judged for judged in report.judged if judged.rule.engine == engine and judged.disposition in _SHOWN
    )
    for judged in sorted(own, key=prominence):
        span = judged.finding.location.span
        subject = f" {judged.finding.subject}" if judged.finding.subject else ""
        yield _case(
            f"{engine}.{judged.rule.id}",
            f"{place(span.path, span.line)}{subject}",
            _of_finding(judged),
            span.path,
            span.line,
        )


def _case(classname: str, name: str, outcome: str, path: str = "", line: int | None = None) -> str:
    file = f" file={attribute(path)}" if path else ""
    at = f' line="{line}"' if line else ""
    head = f'    <testcase classname={attribute(classname)} name={attribute(name)}{file}{at} time="0"'
    return f"{head}>{outcome}</testcase>" if outcome else f"{head}/>"


def _of_run(run: EngineRun) -> str:
    if run.state == "skipped":
        return '<skipped message="not selected, or no file concerns it"/>'
    if not is_unfinished(run):
        return ""
    errors = "\n".join(f"{visible(error.path)}: {flat(error.because)}" for error in run.errors)
    return f'<error message={attribute(f"{run.engine} {ending(run)}")} type="incomplete">{content(errors)}</error>'


def _of_finding(judged: Judged) -> str:
    finding, rule = judged.finding, judged.rule
    message = flat(finding.message) or flat(rule.title)
    if judged.disposition is not Disposition.REPORTED:
        reason = f"{judged.disposition}: {flat(judged.reason)}" if judged.reason else str(judged.disposition)
        return f"<skipped message={attribute(f'{message} ({judged.severity}, {reason})')}/>"
    lines = [message, f"{judged.severity}, {rule.topic}, {rule.pillar}"]
    lines += [f"{place(r.span.path, r.span.line)} {flat(r.note)}" for r in places(judged)]
    if judged.also:
        lines.append(f"also {', '.join(f'{also.rule} ({also.engine})' for also in judged.also)}")
    lines += ["", rule.help or rule.title]
    return f"<failure message={attribute(message)} type={attribute(judged.severity)}>{content(chr(10).join(lines))}</failure>"


def attribute(text: str) -> str:
    """`text` as a quoted attribute value on one line."""
    return quoteattr(_FORBIDDEN.sub("\ufffd", clipped(defused(visible(text)), 1000)))


def content(text: str) -> str:
    """`text` as an element's content; the log it may be printed to is a build runner's, too."""
    return escape(_FORBIDDEN.sub("\ufffd", clipped(defused(text), 8000)))
