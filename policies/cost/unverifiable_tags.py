"""Roots whose tags depend on what the code does not say."""

from __future__ import annotations

from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy

from ._tags import asked, blocked, in_force, scheme_of


@policy(
    "Cost tags that cannot be proven",
    severity="info",
    pillar="cost",
    languages=("terraform", "cloudformation"),
    default="strict",
    advice=("A4.1",),
    source="djaws",
)
def unverifiable_tags(system: System) -> Verdicts:
    """Whether resources carry the required cost tags depends on a value that is not in the repository.

    Told once for each root, at the expression that blocks most answers. Silent with a plan, which knows all values.

    ## Why

    A tag that nobody can check is a tag that nobody misses.

    ## Fix: Terraform

    Give the variable a default, name the variable file (`var-files` in the configuration), or hand djaws a plan:
    `terraform show -json plan.out > plan.json` and `djaws check --plan plan.json`.

    ## Fix: CloudFormation

    Write the keys into the template and leave only the values to parameters. In a pipeline, write
    `--tags Project=shop Environment=$STAGE` instead of `--tags $TAGS`.
    """
    if system.config.plan:
        return
    scheme = scheme_of(system)
    for stack in system.stacks:
        groups, _ = in_force(system, stack, scheme)
        doubt = blocked(asked(system, stack, scheme), groups, scheme)
        if doubt:
            count = doubt.resources
            yield finding(
                doubt.unknown.span,
                f"the cost tags of {count} {'resource' if count == 1 else 'resources'} cannot be proven: "
                f"{doubt.unknown.because}",
                subject=stack.path or ".",
            )
