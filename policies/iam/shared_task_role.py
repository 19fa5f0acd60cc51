"""One role for several kinds of processes."""

from __future__ import annotations

from collections import defaultdict

from djaws.finding import Span
from djaws.model.cloud import Attr, Resource, Stack, View
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy

from .model import once


class _Task(View):
    """An ECS task definition. The task's role is the code's, the execution role the agent's that starts it."""

    types = ("aws_ecs_task_definition", "AWS::ECS::TaskDefinition")
    own = Attr(str, tf="task_role_arn", cfn="TaskRoleArn")
    execution = Attr(str, tf="execution_role_arn", cfn="ExecutionRoleArn")
    family = Attr(str, tf="family", cfn="Family")


@policy(
    "Execution role is the application's role as well, or functions of different code share one",
    severity="low",
    pillar="security",
    languages=("terraform", "cloudformation", "sam"),
    advice=("A2.2",),
    source="AWS: Amazon ECS best practices, IAM roles; AWS Well-Architected SEC03-BP02",
)
def shared_task_role(stack: Stack) -> Verdicts:
    """The role that an ECS task definition gives to its code is also the role with which ECS starts it; or three or more Lambda
    functions with different handlers share one role.

    Silent where either role is unknown, and for task definitions that share a role on purpose: a web server and a worker of one
    project run the same code.

    ## Why

    The execution role reads every secret that any container gets, and pulls images. Code that has it can read them all, whatever
    the code itself was given.

    ## Fix: Terraform

        task_role_arn      = aws_iam_role.web.arn
        execution_role_arn = aws_iam_role.execution.arn

    ## Fix: CloudFormation

        TaskRoleArn: !GetAtt WebRole.Arn
        ExecutionRoleArn: !GetAtt ExecutionRole.Arn

    ## Fix: SAM

    Leave `Role` out and give each function its `Policies`: SAM makes a role for each.
    """
    yield from once(_all(stack))


def _all(stack: Stack) -> Verdicts:
    for task in stack.each(_Task):
        own, execution = _role(task.own, stack), _role(task.execution, stack)
        if own is not None and own is execution:
            yield finding(
                task.own.span if task.own.span.path else task.span,
                f"the code of {task.subject} runs with the role that starts it",
                subject=task.subject,
                block=task.resource.block,
                related=[(own.span, "the role of both")],
            )
    yield from _functions(stack)


def _role(value: Value[str], stack: Stack) -> Resource | None:
    found = stack.resolve(value)
    return found[0] if len(found) == 1 and found[0].type in ("aws_iam_role", "AWS::IAM::Role") else None


class _Function(View):
    types = ("aws_lambda_function", "AWS::Lambda::Function", "AWS::Serverless::Function")
    role = Attr(str, tf="role", cfn="Role")
    handler = Attr(str, tf="handler", cfn="Handler")


def _functions(stack: Stack) -> Verdicts:
    sharing: defaultdict[str, list[_Function]] = defaultdict(list)
    roles: dict[str, Resource] = {}
    for function in stack.each(_Function):
        role = _role(function.role, stack)
        if role is not None:
            sharing[role.address].append(function)
            roles[role.address] = role
    for address, functions in sharing.items():
        handlers = {str(each.handler.only("")) for each in functions} - {""}
        if len(functions) > 2 and len(handlers) > 2:
            yield finding(
                roles[address].span,
                f"{len(functions)} functions share {roles[address].short}",
                subject=address,
                block=roles[address].block,
                related=_uses(functions),
            )


def _uses(functions: list[_Function]) -> list[tuple[Span, str]]:
    return [(each.role.span, f"{each.subject} uses it") for each in functions if each.role.span.path][:10]
