"""Image repositories that only grow."""

from __future__ import annotations

from djaws.model.system import System
from djaws.policy import Verdicts, convict, finding, policy, undecided

from .model import ImageRepository, Links, is_terraform, once


@policy(
    "ECR repository without a lifecycle policy",
    severity="low",
    pillar="cost",
    languages=("terraform", "cloudformation"),
    advice=("A4.2",),
    source="AWS Security Hub ECR.3",
)
def unbounded_image_repository(system: System) -> Verdicts:
    """An image repository has no lifecycle policy, so that every image that was ever built is kept.

    In Terraform the policy is a resource of its own by reference or by the repository's name.

    ## Why

    A pipeline that pushes with every commit adds gigabytes a month, and each of them is billed for ever.

    ## Fix: Terraform

    ```hcl
    resource "aws_ecr_lifecycle_policy" "shop" {
      repository = aws_ecr_repository.shop.name
      policy = jsonencode({
        rules = [{
          rulePriority = 1
          selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 50 }
          action       = { type = "expire" }
        }]
      })
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    LifecyclePolicy:
      LifecyclePolicyText: >-
        {"rules": [{"rulePriority": 1, "action": {"type": "expire"},
          "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 50}}]}
    ```
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for stack in system.stacks:
        policies = Links(stack, "aws_ecr_lifecycle_policy", "repository")
        for repository in stack.each(ImageRepository):
            if is_terraform(repository.resource):
                yield from _terraform(repository, policies)
            else:
                yield from _cloudformation(repository)


def _cloudformation(repository: ImageRepository) -> Verdicts:
    yield from convict(
        repository.resource.attr("LifecyclePolicy"),
        lambda policy: policy is None,
        _message(repository),
        subject=repository.subject,
        at=repository.span,
        block=repository.resource.block,
    )


def _terraform(repository: ImageRepository, policies: Links) -> Verdicts:
    found, perhaps = policies.of(repository.resource, "name")
    if found:
        return
    if perhaps:
        yield undecided(perhaps.span, f"{perhaps.address} may be the policy of {repository.subject}")
        return
    yield finding(
        repository.span, _message(repository), subject=repository.subject, block=repository.resource.block
    )


def _message(repository: ImageRepository) -> str:
    return f"{repository.subject} has no lifecycle policy: every image is kept"
