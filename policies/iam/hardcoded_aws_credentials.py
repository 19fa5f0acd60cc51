"""AWS access keys that are written into code, configuration or images."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from djaws.errors import Refused
from djaws.files import is_test
from djaws.finding import Span
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy


class Parameters(msgspec.Struct, frozen=True, rename="kebab"):
    """`allow-values` are key ids that are known to be no keys."""

    allow_values: tuple[str, ...] = ()


@policy(
    "AWS access key in the repository",
    severity="critical",
    pillar="security",
    languages=("django", "terraform", "cloudformation", "pipeline"),
    advice=("A2.5", "A2.3"),
    source="CWE-798; AWS account management guide, securing access keys",
)
def hardcoded_aws_credentials(system: System, parameters: Parameters) -> Verdicts:
    """An access key id (`AKIA…`, `ASIA…`), or a text of forty characters that is given to something called like a secret access key,
    stands in code, settings, `.env` files, Dockerfiles, compose files, workflows or templates.

    Silent for the keys of AWS's documentation, for keys of emulators, and for texts that are no key because they repeat a few
    characters. In tests and examples the confidence is low.

    ## Why

    Such keys are found within minutes once a repository is public, and used to mine coins on your bill. They do not expire, and the
    history keeps them.

    ## Fix: Django

    Revoke the key first. Then delete both settings: boto3 and django-storages find the role of the task, function or instance.

    ## Fix: Terraform

        task_role_arn = aws_iam_role.web.arn
    """
    allowed = frozenset(parameters.allow_values)
    for path in system.tree.paths:
        if _IS_READ.search(path.rpartition("/")[2].lower()):
            yield from _of_file(system, path, allowed)


_IS_READ = re.compile(
    r"\.(py|tf|tfvars|hcl|ya?ml|json|template|toml|ini|cfg|conf|properties|sh|env|envrc|js|ts|service|ps1|bat)$|^\.env|\.env\.|^dockerfile|dockerfile$"
    r"|^credentials$|^procfile$|^makefile$"
)
_ID = re.compile(rb"(?<![A-Za-z0-9/+])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9/+=])")
_SECRET = re.compile(
    rb"aws[_-]?(?:[a-z0-9]+[_-])?secret(?:[_-]?access)?[_-]?key[\"']?\]?\s{0,8}(?::=|=>|[:=,]|\s)\s{0,8}[\"']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
    re.IGNORECASE,
)


def _of_file(system: System, path: str, allowed: frozenset[str]) -> Verdicts:
    try:
        data = system.tree.read(path)
    except Refused:
        return
    seen: set[int] = set()
    for start, text, what in _keys(data):
        line = data.count(b"\n", 0, start) + 1
        if text in allowed or not _is_random(text) or line in seen:
            continue
        seen.add(line)
        yield finding(
            Span(path, line),
            f"an AWS {what} is written into the repository",
            subject=f"{text[:8]}…" if what == "access key id" else "secret access key",
            confidence="low" if is_test(path) or _IS_SAMPLE.search(path) else None,
        )


_IS_SAMPLE = re.compile(
    r"(^|[/._-])(tests?|fixtures?|examples?|samples?|docs?|mocks?|localstack|conftest)([/._-]|$)", re.I
)


def _keys(data: bytes) -> Iterator[tuple[int, str, str]]:
    if b"AKIA" in data or b"ASIA" in data:
        for match in _ID.finditer(data):
            yield match.start(), match[0].decode(), "access key id"
    if b"ecret" in data or b"ECRET" in data:
        for match in _SECRET.finditer(data):
            yield match.start(1), match[1].decode(), "secret access key"


_WORDS = re.compile(r"EXAMPLE|SAMPLE|FAKE|DUMMY|TESTING|XXXX|ABCDEF|PLACEHOLDER|CHANGE|YOUR", re.IGNORECASE)


def _is_random(text: str) -> bool:
    """Whether a text looks drawn: many different characters, no telling word, and both cases and digits where it is long."""
    body = text[4:] if text.startswith(("AKIA", "ASIA")) else text
    if _WORDS.search(text) or len(set(body)) < min(8, len(body)):
        return False
    if len(text) < 40:
        return True
    return (
        len(set(body)) >= 16
        and any(c.isupper() for c in body)
        and any(c.islower() for c in body)
        and any(c.isdigit() for c in body)
    )
