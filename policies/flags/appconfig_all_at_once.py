"""AppConfig rollouts that reach everybody at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from djaws.model.cloud import Stack
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, convict, policy

from .model import Deployment, Environment, Strategy, is_nonproduction


class Params(msgspec.Struct, frozen=True, rename="kebab"):
    """`max-growth` is the largest step in percent of the targets."""

    max_growth: float = 99


@policy(
    "AppConfig rolls out to everybody at once",
    severity="medium",
    pillar="reliability",
    languages=("terraform", "cloudformation"),
    advice=("A7.3",),
    source="AWS AppConfig user guide: predefined deployment strategies; AllAtOnce is for testing",
)
def appconfig_all_at_once(system: System, params: Params) -> Verdicts:
    """A deployment strategy reaches all targets in one step (growth of 100 %, or no duration), or does not watch afterwards (no
    final bake time); or a deployment names `AppConfig.AllAtOnce`. Strategies and environments that call themselves non-production are
    left out, and strategies that only such environments use.

    ## Why

    The point of a gradual rollout is that a bad flag meets a few users before it meets all, and that AppConfig has time to roll it back.

    ## Fix: Terraform

    Name a predefined strategy: `deployment_strategy_id = "AppConfig.Canary10Percent20Minutes"`. In one of your own, set
    `growth_factor`, `deployment_duration_in_minutes` and `final_bake_time_in_minutes`.

    ## Fix: CloudFormation

    The same with `DeploymentStrategyId`, or `GrowthFactor`, `DeploymentDurationInMinutes` and `FinalBakeTimeInMinutes`.
    """
    for stack in system.stacks:
        deployments = list(stack.each(Deployment))
        trials = [each for each in deployments if _is_trial(stack, each, system)]
        for strategy in stack.each(Strategy):
            users = [each for each in deployments if strategy.resource in stack.resolve(each.strategy)]
            is_trial = bool(users) and all(each in trials for each in users)
            if not is_trial and not strategy.name.always(lambda name: is_nonproduction(name, system)):
                yield from _judged(strategy, params)
        for deployment in deployments:
            names_ours = any(each.type in Strategy.types for each in stack.resolve(deployment.strategy))
            if deployment not in trials and not names_ours:
                yield from convict(
                    deployment.strategy,
                    lambda name: name == "AppConfig.AllAtOnce",
                    f"{deployment.subject} reaches everybody at once",
                    subject=deployment.subject,
                    block=deployment.resource.block,
                )


def _is_trial(stack: Stack, deployment: Deployment, system: System) -> bool:
    """Whether the deployment goes to an environment of this stack that is called non-production."""
    targets = [Environment(each, stack) for each in stack.resolve(deployment.environment)]
    environments = [each for each in targets if each.resource.type in Environment.types]
    return bool(environments) and all(
        each.name.always(lambda name: is_nonproduction(name, system)) for each in environments
    )


def _judged(strategy: Strategy, params: Params) -> Verdicts:
    """The first fault of the strategy: one that takes no time has nothing to watch either."""
    questions: tuple[tuple[Value[Any], Callable[[Any], bool], str], ...] = (
        (
            strategy.growth,
            lambda growth: growth is not None and growth > params.max_growth,
            "reaches everybody in one step",
        ),
        (strategy.duration, lambda minutes: minutes == 0, "takes no time to roll out"),
        (strategy.bake, lambda minutes: minutes == 0, "does not watch for alarms after the rollout"),
    )
    for value, is_bad, fault in questions:
        said = list(
            convict(
                value,
                is_bad,
                f"{strategy.subject} {fault}",
                subject=strategy.subject,
                block=strategy.resource.block,
            )
        )
        if said:
            yield from said
            return
