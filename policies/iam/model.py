"""What several policies about credentials and permissions ask alike: names of secrets, and what IAM documents allow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from djaws.errors import Refused
from djaws.files import Tree
from djaws.finding import Finding, Span
from djaws.model.cloud import Resource, Stack, references_in
from djaws.model.terraform.document import document
from djaws.model.value import Guard, Map, Reference, Seq, Unknown, Value
from djaws.policy import Verdicts

# --- names and texts of secrets

_SECRET = frozenset(
    {"password", "passwd", "passphrase", "pwd", "secret", "token", "credential", "credentials", "apikey"}
)
_KEYS = frozenset({"secret", "api", "private", "encryption", "encrypt", "signing", "auth", "master"})
_HARMLESS = frozenset(
    {"public", "publishable", "pub", "arn", "url", "uri", "endpoint", "name", "id", "path", "file", "dir"}
    | {"dsn", "header", "cookie", "expiry", "expires", "ttl", "timeout", "lifetime", "algorithm", "length"}
)


def words(name: str) -> tuple[str, ...]:
    """The lower-case words of a name: `dbPassword`, `STRIPE_SECRET_KEY`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return tuple(word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word)


def is_secret(name: str) -> bool:
    """Whether a name is a secret's by its words: `STRIPE_SECRET_KEY` and `DB_PASSWORD` are, `SENTRY_DSN` and `TOKEN_URL` are not."""
    parts = words(name)
    if not parts or not _HARMLESS.isdisjoint(parts):
        return False
    if parts[-1] in _SECRET:
        return True
    return parts[-1] == "key" and not _KEYS.isdisjoint(parts[:-1])


_PLACEHOLDER = re.compile(
    r"^(?:<.*>|\$\{.*\}|\{\{.*\}\}|%\(.*\)s|\*+|x{3,}|\.{3,}|(?:your|insert|enter|put|replace|change|todo|fixme|placeholder)\b.*|changeme|changeit"
    r"|none|null|true|false|n/a|\d{1,5})$",
    re.IGNORECASE | re.DOTALL,
)


def is_literal_secret(text: object) -> bool:
    """Whether a text could be a secret itself: neither empty, a number, a placeholder nor the name of where the secret is."""
    if not isinstance(text, str) or not text.strip():
        return False
    spaced = re.sub(r"[-_]", " ", text.strip())
    if text.startswith(("arn:", "{{resolve:", "/", "ssm:", "secretsmanager:")):
        return False
    return not _PLACEHOLDER.match(spaced) and not _PLACEHOLDER.match(text.strip())


#: A URL that carries a user's password; a literal one, no `{password}` to be filled in.
CREDENTIALS_IN_URL = re.compile(
    r"^[a-z][a-z0-9+.-]*://[^\s:/@]*:(?P<password>[^\s@/{}$<>%*]+)@", re.IGNORECASE
)


def password_in_url(text: object) -> str:
    """The password in a URL, empty when there is none."""
    match = CREDENTIALS_IN_URL.match(text) if isinstance(text, str) else None
    return match["password"] if match else ""


#: Attributes of other resources that are secrets in clear text.
_SECRET_ATTRIBUTES = frozenset(
    {
        "password",
        "master_password",
        "secret_string",
        "auth_token",
        "secret",
        "ses_smtp_password_v4",
        "SecretString",
    }
)


def secret_reference(references: Iterable[Reference]) -> Reference | None:
    """A reference whose text is a secret: a generated password, a secret's own value, a variable called like one."""
    for each in references:
        last = each.address.rpartition(".")[2]
        kind = re.sub(r"^(?:module\.[^.]+\.)*(?:data\.)?", "", each.address).partition(".")[0]
        if kind == "random_password" and each.attribute in ("result", ""):
            return each
        if each.attribute.rpartition(".")[2] in _SECRET_ATTRIBUTES and kind != "random_password":
            return each
        is_variable = kind == "var" or ("." not in each.address and not each.attribute)
        if is_variable and is_secret(last):
            return each
    return None


def located(tree: Tree, span: Span, block: Span, *texts: str) -> Span:
    """The line of the block that holds all the texts, when the line of `span` does not: a wholly known document has one place."""
    lines = _lines(tree, block.path)
    if span.path != block.path or not block.line or _holds(lines, span.line, texts):
        return span
    numbers = range(block.line, (block.end_line or block.line) + 1)
    return next((Span(block.path, number) for number in numbers if _holds(lines, number, texts)), span)


def _holds(lines: list[str], number: int | None, texts: tuple[str, ...]) -> bool:
    return bool(number and number <= len(lines)) and all(text in lines[(number or 1) - 1] for text in texts)


def _lines(tree: Tree, path: str) -> list[str]:
    try:
        return tree.text(path).split("\n") if path in tree else []
    except Refused:
        return []


def once(verdicts: Verdicts) -> Verdicts:
    """The same fault at the same place only once, however many processes or instances have it."""
    seen = set()
    for verdict in verdicts:
        key = (verdict.location.span, verdict.message) if isinstance(verdict, Finding) else (verdict, "")
        if key not in seen:
            seen.add(key)
            yield verdict


# --- IAM documents


@dataclass(frozen=True)
class Statement:
    """One statement of an IAM document, with where it stands and the condition under which it is there."""

    body: Map
    span: Span
    guard: Guard

    def texts(self, name: str) -> tuple[tuple[str, Span], ...]:
        """The texts under `Action`, `Resource`, …: one or a list."""
        return tuple(_texts(self.body.get(name)))

    def has(self, name: str) -> bool | None:
        """Whether it holds that element; None when it may."""
        value = self.body.get(name)
        if value.is_absent:
            return False
        return None if value.unknown and not value.alternatives else True

    @property
    def allows(self) -> bool:
        return self.body.get("Effect").always(lambda effect: effect in ("Allow", "allow"))


def _texts(value: Value[Any]) -> Iterator[tuple[str, Span]]:
    for alternative in value.alternatives:
        if isinstance(alternative.value, str):
            yield alternative.value, alternative.span
        elif isinstance(alternative.value, Seq):
            for item in alternative.value.items:
                yield from _texts(item)


def statements(value: Value[Any]) -> tuple[list[Statement], Unknown | None]:
    """The statements of an IAM document in any form, and why there may be more."""
    found: list[Statement] = []
    read = document(value)
    unknown = read.unknown
    for alternative in read.alternatives:
        if isinstance(alternative.value, Map):
            inner, more = _listed(alternative.value.get("Statement"), alternative.guard)
            found += inner
            unknown = unknown or more
    return found, unknown


def _listed(value: Value[Any], guard: Guard) -> tuple[list[Statement], Unknown | None]:
    found: list[Statement] = []
    unknown = value.unknown
    for alternative in value.alternatives:
        joined = guard & alternative.guard
        if joined is None:
            continue
        if isinstance(alternative.value, Map):
            found.append(Statement(alternative.value, alternative.span, joined))
        elif isinstance(alternative.value, Seq):
            unknown = unknown or alternative.value.rest
            for item in alternative.value.items:
                inner, more = _listed(item, joined)
                found += inner
                unknown = unknown or more
    return found, unknown


#: Where identity policies are written: resource type, attribute that holds the document.
_DOCUMENTS = {
    "aws_iam_policy": "policy",
    "aws_iam_role_policy": "policy",
    "AWS::IAM::Policy": "PolicyDocument",
    "AWS::IAM::ManagedPolicy": "PolicyDocument",
    "AWS::IAM::RolePolicy": "PolicyDocument",
}
_ROLES = ("aws_iam_role", "AWS::IAM::Role")


@dataclass(frozen=True)
class Permissions:
    """The document of one identity policy, the resource that holds it and the roles that it belongs to."""

    resource: Resource
    document: Value[Any]
    roles: tuple[Resource, ...] = ()


def permissions(stack: Stack) -> Iterator[Permissions]:
    """Every identity policy of a stack: inline, managed, and those that SAM functions carry."""
    for kind, attribute in _DOCUMENTS.items():
        for resource in stack.of_type(kind):
            yield Permissions(resource, resource.attr(attribute), _roles_of(stack, resource))
    for role in stack.of_type(*_ROLES):
        name, inner = (
            ("inline_policy", "policy") if role.dialect == "terraform" else ("Policies", "PolicyDocument")
        )
        for block in role.blocks(name)[0]:
            yield Permissions(role, block.get(inner).when(role.guard), (role,))
    for function in stack.of_type("AWS::Serverless::Function"):
        for block in function.blocks("Policies")[0]:
            if "Statement" in block.entries:
                yield Permissions(function, Value.of(block, function.span))


def _roles_of(stack: Stack, policy: Resource) -> tuple[Resource, ...]:
    name = "role" if policy.dialect == "terraform" else "Roles"
    own = [each for each in stack.resolve(policy.attr(name)) if each.type in _ROLES]
    for item in policy.attr(name).alternatives:
        if isinstance(item.value, Seq):
            for each in item.value.items:
                own += [role for role in stack.resolve(each) if role.type in _ROLES]
    for referrer in stack.referrers(policy):
        if referrer.type in ("aws_iam_role_policy_attachment", "aws_iam_policy_attachment"):
            own += [each for each in stack.resolve(referrer.attr("role")) if each.type in _ROLES]
        elif referrer.type in _ROLES:
            own.append(referrer)
    return tuple(dict.fromkeys(own))


_OPERATORS = frozenset(
    {"admin", "admins", "administrator", "administrators", "breakglass", "break", "emergency"}
)
_DEPLOYERS = frozenset(
    {"deploy", "deployer", "deployment", "ci", "cd", "cicd", "pipeline", "github", "gitlab", "terraform"}
    | {
        "codebuild",
        "codepipeline",
        "codedeploy",
        "cloudformation",
        "build",
        "bootstrap",
        "actions",
        "bitbucket",
    }
)
_DEPLOYING = (
    "codebuild.",
    "codepipeline.",
    "cloudformation.",
    "codedeploy.",
    "oidc-provider",
    "githubusercontent",
)


def purpose(resource: Resource, roles: tuple[Resource, ...]) -> str:
    """What an identity policy is for, by its names and who takes its roles: an `operator`, a `deployer` or an `application`."""
    everybody = (resource, *roles)
    names = {word for each in everybody for text in _names(each) for word in words(text)}
    if not names.isdisjoint(_OPERATORS):
        return "operator"
    if not names.isdisjoint(_DEPLOYERS) or any(_is_taken_by_deployer(each) for each in everybody):
        return "deployer"
    return "application"


def _names(resource: Resource) -> Iterator[str]:
    yield resource.name
    for attribute in ("name", "name_prefix", "RoleName", "PolicyName", "ManagedPolicyName"):
        value = resource.attr(attribute)
        for alternative in value.alternatives:
            if isinstance(alternative.value, str):
                yield alternative.value
        if value.unknown:
            yield from (part for part in value.unknown.parts if part)


def _is_taken_by_deployer(role: Resource) -> bool:
    if role.type not in _ROLES:
        return False
    attribute = "assume_role_policy" if role.dialect == "terraform" else "AssumeRolePolicyDocument"
    for each in statements(role.attr(attribute))[0]:
        principal = each.body.get("Principal").only(None)
        if not isinstance(principal, Map):
            continue
        for value in principal.entries.values():
            if any(mark in text for text, _ in _texts(value) for mark in _DEPLOYING):
                return True
            if any("openid_connect_provider" in each.address for each in references_in(value)):
                return True
    return False
