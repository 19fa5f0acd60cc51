"""AppConfig rollouts that reach everybody at once."""

from __future__ import annotations

import msgspec
from djaws.model.cloud import Stack
from djaws.policy import Verdicts, convict, policy

from .model import Deployment, Strategy


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
def appconfig_all_at_once(stack: Stack, params: Params) -> Verdicts:
    """A deployment strategy reaches all targets in one step (growth of 100 %, or no duration), or does not watch afterwards (no
    final bake time); or a deployment names `AppConfig.AllAtOnce`.

    ## Why

    The point of a gradual rollout is that a bad flag meets a few users before it meets all, and that AppConfig has time to roll it back.

    ## Fix: Terraform

    Name a predefined strategy: `deployment_strategy_id = "AppConfig.Canary10Percent20Minutes"`. In one of your own, set
    `growth_factor`, `deployment_duration_in_minutes` and `final_bake_time_in_minutes`.

    ## Fix: CloudFormation

    The same with `DeploymentStrategyId`, or `GrowthFactor`, `DeploymentDurationInMinutes` and `FinalBakeTimeInMinutes`.
    """
    for strategy in stack.each(Strategy):
        subject, block = strategy.subject, strategy.resource.block
        rushed = list(
            convict(
                strategy.growth,
                lambda growth: growth is not None and growth > params.max_growth,
                f"{subject} reaches everybody in one step",
                subject=subject,
                block=block,
            )
        ) or list(
            convict(
                strategy.duration,
                lambda minutes: minutes == 0,
                f"{subject} takes no time to roll out",
                subject=subject,
                block=block,
            )
        )
        yield from rushed
        if not rushed:
            yield from convict(
                strategy.bake,
                lambda minutes: minutes == 0,
                f"{subject} does not watch for alarms after the rollout",
                subject=subject,
                block=block,
            )
    for deployment in stack.each(Deployment):
        yield from convict(
            deployment.strategy,
            lambda name: name == "AppConfig.AllAtOnce",
            f"{deployment.subject} reaches everybody at once",
            subject=deployment.subject,
            block=deployment.resource.block,
        )
