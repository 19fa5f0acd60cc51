"""Database versions that cost extra because of their age."""

from __future__ import annotations

import datetime
import re

from djaws import data
from djaws.data import DatabaseEngine
from djaws.finding import Span
from djaws.model.cloud import Attr, View
from djaws.model.system import System
from djaws.model.value import Value, combine
from djaws.policy import Verdicts, finding, policy, undecided

from .model import likely, once, outdated

_DISABLED = "open-source-rds-extended-support-disabled"
_NUMBER = re.compile(r"\d+(?:\.\d+)*")


class _Versioned(View):
    """A managed database, cache or search domain with a version."""

    types = (
        "aws_db_instance",
        "aws_rds_cluster",
        "aws_rds_global_cluster",
        "aws_elasticache_cluster",
        "aws_elasticache_replication_group",
        "aws_elasticsearch_domain",
        "aws_opensearch_domain",
        "AWS::RDS::DBInstance",
        "AWS::RDS::DBCluster",
        "AWS::RDS::GlobalCluster",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::Elasticsearch::Domain",
        "AWS::OpenSearchService::Domain",
    )
    engine = Attr(str, tf="engine", cfn="Engine")
    version = Attr(str, tf="engine_version", cfn="EngineVersion")
    support = Attr(str, tf="engine_lifecycle_support", cfn="EngineLifecycleSupport")

    @property
    def kind(self) -> str:
        return self.resource.type.lower()

    @property
    def is_search(self) -> bool:
        return "elasticsearch" in self.kind or "opensearch" in self.kind

    @property
    def engines(self) -> Value[str]:
        """The engine, named by the type for caches and search domains that do not say."""
        if self.is_search:
            return Value.of("opensearch" if "opensearch" in self.kind else "elasticsearch", self.span)
        if "elasticache" in self.kind:
            return self.engine.or_default("redis")
        return self.engine

    @property
    def versions(self) -> Value[str]:
        if "aws_elasticsearch_domain" in self.kind:
            return self.resource.attr("elasticsearch_version").or_default("1.5").map(str)
        if self.kind == "aws::elasticsearch::domain":
            return self.resource.attr("ElasticsearchVersion").or_default("1.5").map(str)
        return self.version


@policy(
    "Engine version in paid extended support",
    severity="medium",
    pillar="cost",
    languages=("terraform", "cloudformation"),
    advice=("A4.2", "A3.3"),
    source="AWS release calendars and extended support prices of RDS, Aurora, ElastiCache and OpenSearch Service",
)
def paid_extended_support(system: System) -> Verdicts:
    """The database, cache or search engine has a version whose standard support is over, so that AWS charges extra for it.

    A version prefix (`13`) is enough. Silent when `engine_lifecycle_support` is `open-source-rds-extended-support-disabled`,
    for then AWS upgrades instead of charging. The table of dates is djaws' own; more than 400 days old, it convicts nobody.

    ## Why

    RDS charges extended support for every vCPU and hour, easily as much as the instance costs, and doubles it in the third
    year. It starts by itself.

    ## Fix: Terraform

    Upgrade, after a test on a restored snapshot.

    ```hcl
    engine_version              = "17"
    allow_major_version_upgrade = true
    ```

    ## Fix: CloudFormation

    ```yaml
    EngineVersion: "17"
    AllowMajorVersionUpgrade: true
    ```
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    databases = list(system.each(_Versioned))
    because = outdated(system, "database_engines")
    if because:
        if databases:
            yield undecided(databases[0].span, because)
        return
    for database in databases:
        yield from _judged(database, system.as_of)


def _judged(database: _Versioned, today: datetime.date) -> Verdicts:
    versions = likely(database.versions, database.stack)
    series = combine(_series, database.engines, versions, span=versions.span)
    charged = series.sometimes(lambda row: _is_charged(row, today))
    if charged:
        if database.support.sometimes(lambda text: text == _DISABLED):
            return
        if database.support.unknown:
            yield undecided(database.support.unknown.span, database.support.unknown.because)
            return
        everywhere = len(charged) == len(series.alternatives)
        yield finding(
            _place(versions, database),
            f"{database.subject} runs {_described(charged[0].value)}",
            subject=database.subject,
            block=database.resource.block,
            guard=None if everywhere else charged[0].guard,
        )
    elif series.unknown and not versions.is_absent:
        yield undecided(series.unknown.span, series.unknown.because)


def _place(versions: Value[str], database: _Versioned) -> Span:
    written = [alternative for alternative in versions.alternatives if alternative.written]
    return written[0].span if written else database.span


def _series(engine: str | None, version: str | None) -> DatabaseEngine | None:
    if engine is None or version is None:
        return None
    name = {"postgresql": "postgres"}.get(engine.lower(), engine.lower())
    prefix, _, number = str(version).rpartition("_")
    if prefix.lower() in ("opensearch", "elasticsearch"):
        name = prefix.lower()
    if name == "aurora-mysql" or name == "aurora":
        return _aurora_mysql(number)
    text = _NUMBER.match(number)
    return data.lifecycles().database(name, text[0]) if text else None


def _aurora_mysql(version: str) -> DatabaseEngine | None:
    """`5.7.mysql_aurora.2.11.2`, which the caller cut to `aurora.2.11.2`, or the version of MySQL."""
    number = version.removeprefix("aurora.")
    major = {"1": "5.6", "2": "5.7", "3": "8.0"}.get(number.partition(".")[0], "")
    return data.lifecycles().database("aurora-mysql", major if version != number else number)


def _is_charged(row: DatabaseEngine | None, today: datetime.date) -> bool:
    return row is not None and row.charged_from is not None and row.charged_from <= today


def _described(row: DatabaseEngine | None) -> str:
    return f"{row.engine} {row.version}, which costs extra since {row.charged_from}" if row else ""
