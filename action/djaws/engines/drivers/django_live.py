"""Asks a project's own interpreter what its Django checks say, and places the answers by the evaluated settings."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from djaws import catalogue
from djaws.engines.django_findings import SETTING_OF, Message, Placing
from djaws.finding import (
    Confidence,
    Finding,
    Location,
    Output,
    Related,
    Rule,
    Severity,
    Span,
    Undecided,
    UnitError,
)
from djaws.model.django.infer import Place

RUNNER = Path(__file__).resolve().parent.parent / "django_live.py"
MAX_ANSWER = 16 * 1024 * 1024

#: What of the worker's own environment the project gets; `DJANGO_*` of the caller comes with the request.
_PASSED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SYSTEMROOT")
_LEVELS = (
    (50, Severity.HIGH),
    (40, Severity.HIGH),
    (30, Severity.MEDIUM),
    (20, Severity.INFO),
    (0, Severity.INFO),
)


class Said(msgspec.Struct, frozen=True):
    """One message of the runner."""

    id: str
    level: int
    text: str
    hint: str
    object: str
    silenced: bool
    path: str = ""
    line: int = 0


class Answer(msgspec.Struct, frozen=True):
    django: str = ""
    messages: tuple[Said, ...] = ()
    error: str = ""


class Order(msgspec.Struct, frozen=True):
    """How the checks are to be run: with which interpreter, for how many seconds, with which variables; or why not at all."""

    python: str = ""
    seconds: float = 90.0
    installed: str = ""
    environment: dict[str, str] = {}
    refused: str = ""


class Failed(Exception):
    """The project could not be asked; says why and what to do."""


def run(root: Path, place: Place, placing: Placing, order: Order, static: Output) -> Output:
    """The live findings; where the project cannot be run, the static ones and the reason."""
    try:
        answer = ask(root, place, order)
    except Failed as failure:
        error = UnitError(place.root or ".", str(failure))
        return msgspec.structs.replace(static, errors=(*static.errors, error))
    return _output(answer, placing, static)


# --- asking


def ask(root: Path, place: Place, order: Order) -> Answer:
    """The runner's answer. Raises `Failed` when it is refused, ends badly, takes too long, or the import fails."""
    if order.refused:
        raise Failed(order.refused)
    if not order.python:
        raise Failed("no interpreter of the project was found for --live-django; give one with --python")
    python = root / order.python if "/" in order.python or os.sep in order.python else Path(order.python)
    request: dict[str, object] = {
        "root": str(root),
        "folder": str(root / place.root),
        "roots": [str(root / folder) for folder in place.roots if (root / folder).is_dir()],
        "settings": place.module,
        "configuration": place.configuration,
    }
    data, errors = _call([str(python), "-I", "-B", str(RUNNER)], request, order)
    try:
        answer = msgspec.json.decode(data, type=Answer)
    except msgspec.MsgspecError:
        last = errors.strip().splitlines()[-1:] or ["nothing was said"]
        raise Failed(f"the project's checks ended without an answer: {last[0][:300]}") from None
    if answer.error:
        raise Failed(f"the project could not be set up, static results stand in: {answer.error}")
    return answer


def _call(command: list[str], request: dict[str, object], order: Order) -> tuple[bytes, str]:
    reading, writing = os.pipe()
    arguments = [*command, str(writing), msgspec.json.encode(request).decode()]
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryDirectory(prefix="djaws-live-") as home:
        try:
            process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                pass_fds=(writing,),
                env=environment(home, order),
            )
        except OSError as error:
            os.close(reading)
            raise Failed(
                f"{command[0]} cannot be started: {error.strerror}; give the project's interpreter with --python"
            ) from error
        finally:
            os.close(writing)
        try:
            data = _read(reading, time.monotonic() + order.seconds)
        finally:
            os.close(reading)
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            process.wait()
        errors.seek(0, os.SEEK_END)
        errors.seek(max(0, errors.tell() - 4000))
        return data, errors.read().decode("utf-8", "replace")


def _read(descriptor: int, deadline: float) -> bytes:
    parts = bytearray()
    while len(parts) <= MAX_ANSWER:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise Failed("the project's checks took too long, static results stand in")
        part = os.read(descriptor, 1 << 16)
        if not part:
            return bytes(parts)
        parts += part
    raise Failed("the project's checks answered too much, static results stand in")


def environment(home: str, order: Order) -> dict[str, str]:
    """An allow-list: no token of the pipeline reaches the project's code."""
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    return {**passed, "HOME": home, "XDG_CACHE_HOME": home, **order.environment}


# --- placing


def _output(answer: Answer, placing: Placing, static: Output) -> Output:
    findings = tuple(_finding(said, placing, static.undecided) for said in answer.messages)
    ids = {finding.rule for finding in findings}
    rules = tuple(_rule(id, answer.messages) for id in sorted(ids) if not catalogue.known(id))
    return Output(findings=findings, undecided=placing.settings.undecided, rules=rules)


def _finding(said: Said, placing: Placing, undecided: Sequence[Undecided]) -> Finding:
    text = f"{said.text} {said.hint}" if said.hint else said.text
    setting = SETTING_OF.get(said.id, "")
    if said.id == "urls.E006":
        setting = "MEDIA_URL" if said.text.startswith("The MEDIA_URL") else "STATIC_URL"
    finding = placing.finding(Message(said.id or "django.unnamed", text, setting), {})
    if not setting:
        finding = _elsewhere(finding, said, placing)
    vague = next((entry for entry in undecided if entry.rule == finding.rule), None)
    if vague is not None:
        note = Related(vague.span, f"as it is in this environment; elsewhere it may differ: {vague.because}")
        finding = msgspec.structs.replace(
            finding, confidence=_weaker(finding.confidence), related=(*finding.related, note)
        )
    if said.silenced and finding.waived is None:
        finding = msgspec.structs.replace(finding, waived="silenced by SILENCED_SYSTEM_CHECKS")
    return finding


def _weaker(confidence: Confidence | None) -> Confidence:
    return confidence if confidence is Confidence.LOW else Confidence.MEDIUM


def _elsewhere(finding: Finding, said: Said, placing: Placing) -> Finding:
    """A message about something other than a setting: at the class it names, else at the settings module."""
    span = Span(said.path, said.line) if said.path and said.line else Span(placing.settings.path)
    return msgspec.structs.replace(finding, location=Location(span), subject=said.object)


def _rule(id: str, messages: Sequence[Said]) -> Rule:
    said = next(one for one in messages if (one.id or "django.unnamed") == id)
    severity = next(severity for level, severity in _LEVELS if said.level >= level)
    return Rule(
        id=id,
        engine="django",
        title=said.text.partition(". ")[0][:120],
        severity=severity,
        confidence=Confidence.MEDIUM,
        topic="django",
        pillar="reliability",
        help=said.hint,
        severity_source="the level that the check itself gives",
    )
