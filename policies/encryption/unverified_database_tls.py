"""Connections to RDS that do not look at the server's certificate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from djaws.finding import Span
from djaws.model.cloud import references_in
from djaws.model.deployed import Deployed, deployments
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import is_local, once

_RDS = (
    "aws_db_instance",
    "aws_rds_cluster",
    "aws_rds_cluster_instance",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBCluster",
)
_ORDER = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


class Parameters(msgspec.Struct, frozen=True, rename="kebab"):
    """`minimum` is the weakest `sslmode` of PostgreSQL that is accepted."""

    minimum: str = "verify-ca"


@policy(
    "Database connection does not check the server's certificate",
    severity="medium",
    confidence="medium",
    pillar="security",
    languages=("django", "terraform", "cloudformation"),
    advice=("A2.6",),
    source="AWS Security Hub RDS.38; libpq: SSL support",
)
def unverified_database_tls(system: System, parameters: Parameters) -> Verdicts:
    """`DATABASES` of the production settings connects to RDS over PostgreSQL without an `sslmode` that checks the certificate
    (`verify-ca`, `verify-full`), or over MySQL without `ssl`.

    Asked only where the host is RDS: by its name, or because the task gets the address of an instance of the same stack.
    `sslmode=require` encrypts without checking: low. Silent for a proxy on the same host; undecided when the options are not known.

    ## Why

    Without a mode libpq tries TLS and goes on without it. `require` encrypts, but to whoever answers: the password goes to them.

    ## Fix: Django

        "OPTIONS": {"sslmode": "verify-full", "sslrootcert": "/etc/ssl/certs/rds-global-bundle.pem"}

    MySQL:

        "OPTIONS": {"ssl": {"ca": "/etc/ssl/certs/rds-global-bundle.pem"}}

    ## Fix: Terraform

    The parameter group can refuse clients without TLS, which does not replace the check:

        parameter {
          name  = "rds.force_ssl"
          value = "1"
        }

    ## Fix: CloudFormation

        Parameters: {rds.force_ssl: "1"}
    """
    yield from once(_all(system, parameters.minimum))


def _all(system: System, minimum: str) -> Verdicts:
    for each in deployments(system):
        if each.is_workplace:
            continue
        for alias, database in each.entries(each.get("DATABASES")):
            server = _server(each, database)
            if server is not None:
                yield from _of_database(each, alias, database, server, minimum)


def _server(each: Deployed, database: Value[Any]) -> Span | None:
    """Where RDS is named as the host."""
    host = each.inside(database, "HOST")
    for alternative in host.alternatives:
        if isinstance(alternative.value, str) and re.search(
            r"\.rds\.amazonaws\.com(\.cn)?$", alternative.value
        ):
            return alternative.span
    if host.sometimes(is_local):
        return None
    stack = each.process.stack if each.process else None
    for reference in references_in(host) if stack else ():
        found = stack.find(reference.address) if stack else None
        if found is not None and found.type in _RDS:
            return found.span
    return None


def _of_database(each: Deployed, alias: str, database: Value[Any], server: Span, minimum: str) -> Verdicts:
    engine = str(each.inside(database, "ENGINE").only("") or "")
    is_postgres = "postg" in engine or "psycopg" in engine
    if not is_postgres and "mysql" not in engine:
        return
    options = each.inside(database, "OPTIONS")
    if options.unknown and not options.alternatives:
        yield undecided(options.unknown.span, options.unknown.because)
        return
    place = next(_places(options, database, each))
    related = [(server, "the server is RDS")]
    subject = f"DATABASES.{alias}"
    if is_postgres:
        yield from _of_postgres(each, options, place, subject, related, minimum)
    else:
        yield from _of_mysql(each, options, place, subject, related)


def _places(options: Value[Any], database: Value[Any], each: Deployed) -> Iterator[Span]:
    if not options.is_absent and options.span.path:
        yield options.span
    yield database.span if database.span.path else Span(each.project.settings_path)


def _of_postgres(
    each: Deployed,
    options: Value[Any],
    place: Span,
    subject: str,
    related: list[tuple[Span, str]],
    minimum: str,
) -> Verdicts:
    mode = each.inside(options, "sslmode") if not options.is_absent else Value.absent(place)
    needed = _ORDER.index(minimum) if minimum in _ORDER else len(_ORDER) - 2
    for alternative in mode.alternatives:
        text = alternative.value
        if text is None or (text in _ORDER and _ORDER.index(text) < needed):
            yield finding(
                alternative.span if text is not None else place,
                f"{subject} connects with sslmode {text!r}"
                if text is not None
                else f"{subject} connects without an sslmode",
                subject=subject,
                severity="low" if text == "require" else None,
                related=related,
                guard=alternative.guard,
            )
            return
    if mode.unknown:
        yield undecided(mode.unknown.span, mode.unknown.because)


def _of_mysql(
    each: Deployed, options: Value[Any], place: Span, subject: str, related: list[tuple[Span, str]]
) -> Verdicts:
    names = ("ssl", "ssl_mode", "ssl_ca", "ssl_verify_cert", "read_default_file")
    given = [each.inside(options, name) for name in names] if not options.is_absent else []
    if all(value.is_absent for value in given):
        yield finding(place, f"{subject} connects without ssl", subject=subject, related=related)
