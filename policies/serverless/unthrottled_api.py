"""APIs that one caller can use up."""

from __future__ import annotations

from collections.abc import Iterator

from djaws.model.cloud import Resource, Stack, members
from djaws.model.system import System
from djaws.model.value import Map, Unknown, Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import is_terraform, may_hold, names, once

#: Stages with the path of their own settings, empty where those are a resource of their own.
_STAGES = {
    "aws_api_gateway_stage": "",
    "aws_apigatewayv2_stage": "default_route_settings",
    "AWS::ApiGateway::Stage": "MethodSettings",
    "AWS::ApiGatewayV2::Stage": "DefaultRouteSettings",
    "AWS::Serverless::Api": "MethodSettings",
    "AWS::Serverless::HttpApi": "DefaultRouteSettings",
}
_LIMITS = ("throttling_burst_limit", "throttling_rate_limit", "ThrottlingBurstLimit", "ThrottlingRateLimit")
_GUARDS = (
    "aws_api_gateway_usage_plan",
    "aws_wafv2_web_acl_association",
    "aws_wafregional_web_acl_association",
    "AWS::ApiGateway::UsagePlan",
    "AWS::WAFv2::WebACLAssociation",
)


@policy(
    "API stage without a limit of its own",
    severity="low",
    confidence="medium",
    pillar="security",
    languages=("terraform", "cloudformation", "sam"),
    advice=("A3.2",),
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html",
)
def unthrottled_api(system: System) -> Verdicts:
    """A stage of an API has no throttling, no usage plan and no web ACL: only the limits of the whole account apply.

    Private APIs are left alone. A module that is told of the stage leaves it undecided.

    ## Why

    One caller in a loop takes the account's ten thousand requests a second from all its APIs, and every one of them is paid for.

    ## Fix: Terraform

    ```hcl
    default_route_settings { # aws_apigatewayv2_stage
      throttling_burst_limit = 100
      throttling_rate_limit  = 50
    }
    ```

    For a REST API, an `aws_api_gateway_method_settings` for `*/*` with the same limits.

    ## Fix: CloudFormation

    ```yaml
    MethodSettings:
      - HttpMethod: "*"
        ResourcePath: /*
        ThrottlingBurstLimit: 100
        ThrottlingRateLimit: 50
    ```

    ## Fix: SAM

    ```yaml
    DefaultRouteSettings:
      ThrottlingBurstLimit: 100
      ThrottlingRateLimit: 50
    ```
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for stack in system.stacks:
        for stage in stack.of_type(*_STAGES):
            if not _is_private(stack, stage):
                yield from _stage(stack, stage)


def _is_private(stack: Stack, stage: Resource) -> bool:
    own = stage.attr("EndpointConfiguration")
    apis = stack.resolve(stage.attr("rest_api_id" if is_terraform(stage) else "RestApiId"))
    paths = ("endpoint_configuration.types", "EndpointConfiguration.Types")
    texts = [repr(value) for value in (own, *(api.attr(path) for api in apis for path in paths))]
    return any("'PRIVATE'" in text for text in texts)


def _stage(stack: Stack, stage: Resource) -> Verdicts:
    for settings in _settings(stack, stage):
        blocks, doubt = settings
        if any(_limits(block) for block in blocks):
            return
        if doubt:
            yield undecided(doubt.span, doubt.because)
            return
    if any(
        names(stack, Value.of(guard.body, guard.span), _watched(stack, stage)) for guard in _guards(stack)
    ):
        return
    told = may_hold(stack, stage) or may_hold(stack, _watched(stack, stage))
    if told:
        yield undecided(told.span, f"{told.source} may limit {stage.address}")
        return
    yield finding(
        stage.span,
        f"{stage.address} has no limit of its own: one caller can use up the account's",
        subject=stage.address,
        block=stage.block,
        guard=stage.guard,
    )


def _settings(stack: Stack, stage: Resource) -> Iterator[tuple[tuple[Map, ...], Unknown | None]]:
    path = _STAGES[stage.type]
    if path:
        for each in (path, "RouteSettings", "route_settings"):
            yield members(stage.attr(each))
        return
    for separate in stack.of_type("aws_api_gateway_method_settings"):
        value = separate.attr("stage_name")
        same_name = stage.attr("stage_name").only("") == value.only(None) != ""
        if names(stack, value, stage) or same_name or _shares_api(stack, separate, stage):
            yield members(separate.attr("settings"))


def _shares_api(stack: Stack, separate: Resource, stage: Resource) -> bool:
    mine = stack.resolve(stage.attr("rest_api_id"))
    return bool(mine) and mine == stack.resolve(separate.attr("rest_api_id"))


def _limits(block: Map) -> bool:
    """Whether a block sets a limit; -1 means none."""
    return any(
        not block.get(name).is_absent
        and not block.get(name).always(lambda limit: str(limit) in ("-1", "-1.0"))
        for name in _LIMITS
    ) or any(_limits(inner) for value in block.entries.values() for inner in members(value)[0])


def _guards(stack: Stack) -> Iterator[Resource]:
    return stack.of_type(*_GUARDS)


def _watched(stack: Stack, stage: Resource) -> Resource:
    """What a usage plan or web ACL names: the stage, or where it names the API, that."""
    paths = ("rest_api_id", "RestApiId", "api_id", "ApiId")
    apis = [api for path in paths for api in stack.resolve(stage.attr(path))]
    guarded = {
        api.address: api
        for api in apis
        if any(guard in stack.referrers(api) for guard in stack.of_type(*_GUARDS))
    }
    return next(iter(guarded.values()), stage)
