"""Passwords of databases that are written into code."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from djaws.model.cloud import Attr, View
from djaws.model.deployed import Deployed, deployments, where
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy

from .model import is_literal_secret, once, words


class Parameters(msgspec.Struct, frozen=True, rename="kebab"):
    """`placeholders` are texts that are replaced before anything is deployed."""

    placeholders: tuple[str, ...] = ()


class _Protected(View):
    """A data store with a password."""

    attributes: dict[str, tuple[str, str]] = {
        "aws_db_instance": ("password", "manage_master_user_password"),
        "aws_rds_cluster": ("master_password", "manage_master_user_password"),
        "aws_redshift_cluster": ("master_password", "manage_master_password"),
        "aws_docdb_cluster": ("master_password", "manage_master_user_password"),
        "aws_elasticache_replication_group": ("auth_token", ""),
        "AWS::RDS::DBInstance": ("MasterUserPassword", "ManageMasterUserPassword"),
        "AWS::RDS::DBCluster": ("MasterUserPassword", "ManageMasterUserPassword"),
        "AWS::Redshift::Cluster": ("MasterUserPassword", "ManageMasterPassword"),
        "AWS::DocDB::DBCluster": ("MasterUserPassword", "ManageMasterUserPassword"),
        "AWS::ElastiCache::ReplicationGroup": ("AuthToken", ""),
    }
    types = tuple(attributes)
    snapshot = Attr(str, tf="snapshot_identifier", cfn="DBSnapshotIdentifier")

    @property
    def password(self) -> Value[Any]:
        return self.resource.attr(self.attributes[self.resource.type][0])

    @property
    def managed(self) -> Value[Any]:
        """Whether RDS makes and keeps the password."""
        name = self.attributes[self.resource.type][1]
        return self.resource.attr(name) if name else Value.of(False, self.span)


@policy(
    "Database password is written into code",
    severity="critical",
    pillar="security",
    languages=("terraform", "cloudformation", "django"),
    advice=("A2.5",),
    source="CWE-798; AWS Well-Architected SEC02-BP03",
)
def hardcoded_database_password(system: System, parameters: Parameters) -> Verdicts:
    """The password of a database, cluster or Redis group is a text in the template, or the default of a variable or parameter; or
    `DATABASES` of the production settings holds one for a database that is not on the same host.

    Lower for what is not production. Silent for generated and referenced passwords, dynamic references, passwords that RDS manages, placeholders, and for settings of
    tests and laptops. A default behind an environment variable is `iam/secret-with-fallback`.

    ## Why

    Everybody who can read the repository, or ever could, can read and change all data as its owner. In Terraform it is in the state
    as well.

    ## Fix: Terraform

        manage_master_user_password = true

    ## Fix: CloudFormation

        ManageMasterUserPassword: true

    ## Fix: Django

        "PASSWORD": os.environ["DATABASE_PASSWORD"],
    """
    nonproduction = frozenset(system.config.nonproduction)
    for store in system.each(_Protected):
        yield from _of_store(store, frozenset(parameters.placeholders), nonproduction)
    yield from once(_of_settings(system, frozenset(parameters.placeholders)))


def _of_store(store: _Protected, placeholders: frozenset[str], nonproduction: frozenset[str]) -> Verdicts:
    if store.managed.sometimes(lambda value: value in (True, "true", "True")):
        return
    for alternative in store.password.alternatives:
        if _is_password(alternative.value, placeholders):
            is_mild = not nonproduction.isdisjoint(words(f"{store.stack.path} {alternative.guard}"))
            default = any(_is_parameter(each.address) for each in alternative.references)
            yield finding(
                alternative.span,
                f"the password of {store.subject} is "
                + ("the value that a variable has in the code" if default else "written into the code"),
                subject=store.subject,
                block=store.resource.block,
                severity="medium" if is_mild else "high" if default else None,
                confidence="medium" if default else None,
                guard=alternative.guard,
            )
            return


def _is_parameter(address: str) -> bool:
    return "." not in address or re.search(r"(^|\.)var\.", address) is not None


def _is_password(data: object, placeholders: frozenset[str]) -> bool:
    return is_literal_secret(data) and data not in placeholders


_HERE = re.compile(r"^(localhost|127\.\d+\.\d+\.\d+|::1|/.*|db|database|postgres|postgresql|mysql|mariadb|)$")


def _of_settings(system: System, placeholders: frozenset[str]) -> Verdicts:
    for each in deployments(system):
        if each.is_workplace:
            continue
        for alias, database in each.entries(each.get("DATABASES")):
            yield from _of_database(each, alias, database, placeholders)


def _of_database(
    deployed: Deployed, alias: str, database: Value[Any], placeholders: frozenset[str]
) -> Verdicts:
    host = deployed.inside(database, "HOST").or_default("")
    if host.sometimes(lambda text: isinstance(text, str) and _HERE.match(text) is not None):
        return
    password = deployed.inside(database, "PASSWORD")
    for alternative in password.alternatives:
        if _is_password(alternative.value, placeholders):
            yield finding(
                alternative.span,
                f"the password of database {alias!r} is written into the settings",
                subject=f"DATABASES.{alias}",
                related=where(deployed),
                guard=alternative.guard,
            )
            return
