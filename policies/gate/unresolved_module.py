"""Infrastructure that is not in the repository."""

from __future__ import annotations

from djaws.model.cloud import Stack
from djaws.policy import Verdicts, finding, policy


@policy(
    "Module whose source is not here, so its resources were not analysed",
    severity="low",
    pillar="operations",
    languages=("terraform", "cloudformation"),
    default="advice",
    advice=("A5.1",),
    source="djaws",
)
def unresolved_module(stack: Stack) -> Verdicts:
    """A Terraform module comes from a registry or another repository, or a nested stack from a URL, and no copy of it is here.

    Questions that it could answer (is there an alarm, a budget, a scaling policy?) stay undecided for the whole root.

    ## Why

    What is not read is not checked. The gate says so instead of guessing.

    ## Fix: Terraform

    Run `terraform init -backend=false` before djaws, so that `.terraform/modules` holds the sources, or hand it a plan:
    `terraform show -json plan.out > plan.json` and `djaws check --plan plan.json`.

    ## Fix: CloudFormation

    Keep the nested template in the repository and name it by a relative path, as `aws cloudformation package` expects.
    """
    for unresolved in stack.unresolved:
        yield finding(
            unresolved.span,
            f"{unresolved.source} was not analysed: {unresolved.because}",
            subject=unresolved.address or unresolved.source,
        )
