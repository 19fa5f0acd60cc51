"""What several policies about flags ask alike: AppConfig's resources, and membership in a list of settings."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any

from djaws.finding import Span
from djaws.model.cloud import Attr, View
from djaws.model.flags import Declaration, Flags
from djaws.model.system import System
from djaws.model.value import Seq, Value

#: Kinds of flags that are meant to stay, and those that are meant to go.
LASTING = frozenset({"kill-switch", "ops", "permission", "config"})
PASSING = frozenset({"", "release", "experiment"})
_PRODUCTION = frozenset({"prod", "production", "prd", "live"})


class Environment(View):
    """An AppConfig environment."""

    types = ("aws_appconfig_environment", "AWS::AppConfig::Environment")
    name = Attr(str, tf="name", cfn="Name")
    application = Attr(str, tf="application_id", cfn="ApplicationId")
    monitors = Attr(object, tf="monitor", cfn="Monitors")


class Strategy(View):
    """An AppConfig deployment strategy. Times are minutes, growth is percent."""

    types = ("aws_appconfig_deployment_strategy", "AWS::AppConfig::DeploymentStrategy")
    name = Attr(str, tf="name", cfn="Name")
    growth = Attr(float, tf="growth_factor", cfn="GrowthFactor")
    duration = Attr(int, tf="deployment_duration_in_minutes", cfn="DeploymentDurationInMinutes")
    bake = Attr(int, tf="final_bake_time_in_minutes", cfn="FinalBakeTimeInMinutes", default=0)


class Deployment(View):
    """An AppConfig deployment."""

    types = ("aws_appconfig_deployment", "AWS::AppConfig::Deployment")
    environment = Attr(str, tf="environment_id", cfn="EnvironmentId")
    strategy = Attr(str, tf="deployment_strategy_id", cfn="DeploymentStrategyId")


class Profile(View):
    """An AppConfig configuration profile."""

    types = ("aws_appconfig_configuration_profile", "AWS::AppConfig::ConfigurationProfile")
    kind = Attr(str, tf="type", cfn="Type", default="AWS.Freeform")
    application = Attr(str, tf="application_id", cfn="ApplicationId")


class Document(View):
    """A hosted configuration version: the document itself."""

    types = ("aws_appconfig_hosted_configuration_version", "AWS::AppConfig::HostedConfigurationVersion")
    content = Attr(object, tf="content", cfn="Content")
    content_type = Attr(str, tf="content_type", cfn="ContentType")
    profile = Attr(str, tf="configuration_profile_id", cfn="ConfigurationProfileId")


def holds(value: Value[Any], wanted: str) -> bool | None:
    """Whether a list of texts holds one that is or begins with `wanted`; None when that differs or is unknown."""
    answers = {_holds(alternative.value, wanted) for alternative in value.alternatives}
    if value.unknown or len(answers) != 1:
        return None
    return answers.pop()


def _holds(data: Any, wanted: str) -> bool | None:
    if data is None:
        return False
    if not isinstance(data, Seq):
        return None
    is_unsure = data.rest is not None
    for item in data.items:
        if item.always(
            lambda text: isinstance(text, str) and (text == wanted or text.startswith(f"{wanted}."))
        ):
            return True
        is_unsure = (
            is_unsure
            or not item.is_known
            or bool(
                item.sometimes(
                    lambda text: isinstance(text, str) and (text == wanted or text.startswith(f"{wanted}."))
                )
            )
        )
    return None if is_unsure else False


def day(text: str) -> datetime.date | None:
    """The date of an ISO text (a time after it does not matter), None when it is none."""
    try:
        return datetime.date.fromisoformat(text[:10])
    except ValueError:
        return None


def registered(flags: Flags, name: str) -> Declaration | None:
    """The flag's entry in the registry."""
    return next((each for each in flags.declared.get(name, ()) if each.source == "registry"), None)


def kind_of(flags: Flags, name: str) -> str:
    """The kind that the registry gives the flag, as the schema writes it."""
    entry = registered(flags, name)
    return entry.kind if entry else ""


def is_nonproduction(text: object, system: System) -> bool:
    """Whether a name says non-production, and nothing in it says production."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", str(text))
    words = set(re.split(r"[^a-z0-9]+", spaced.lower()))
    return not words.isdisjoint(system.config.nonproduction) and words.isdisjoint(_PRODUCTION)


def others(spans: Iterator[Span] | tuple[Span, ...], note: str, most: int = 10) -> list[tuple[Span, str]]:
    """Further places for a finding's `related`."""
    return [(span, note) for span in list(spans)[:most]]
