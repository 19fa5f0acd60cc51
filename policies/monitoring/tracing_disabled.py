"""Functions, APIs and state machines that leave no traces."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from djaws.finding import Span
from djaws.model.cloud import Attr, View, members
from djaws.model.system import System
from djaws.model.value import Map, Value
from djaws.policy import Verdicts, convict, finding, policy, undecided

from .model import Function, items, once, texts, written

#: What traces a function in another way: layers and wrappers of OpenTelemetry and of others.
_TRACERS = {
    "adot": re.compile(r"otel|opentelemetry|adot|applicationsignals", re.IGNORECASE),
    "other-apm": re.compile(
        r"datadog|newrelic|dynatrace|lumigo|thundra|sentry|elastic-apm|instana|splunk|epsagon", re.I
    ),
}
_VARIABLES = {
    "adot": re.compile(r"^OTEL_"),
    "other-apm": re.compile(r"^(?:DD_|NEW_RELIC_|DT_|LUMIGO_|SENTRY_|ELASTIC_APM_|INSTANA_|SPLUNK_)"),
}


class _Mode(Function):
    mode = Attr(str, tf="tracing_config.mode", cfn="TracingConfig.Mode", default="PassThrough")
    sam_mode = Attr(str, cfn="Tracing", default="PassThrough")

    @property
    def tracing(self) -> Value[str]:
        return self.sam_mode if self.resource.type == "AWS::Serverless::Function" else self.mode


class _Switch(View):
    """Anything else that is traced by a switch."""

    types = (
        *("aws_api_gateway_stage", "AWS::ApiGateway::Stage", "AWS::Serverless::Api"),
        *("aws_sfn_state_machine", "AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine"),
        *("aws_appsync_graphql_api", "AWS::AppSync::GraphQLApi"),
    )

    @property
    def is_on(self) -> Value[bool]:
        return Attr(
            bool, tf=_SWITCHES[self.resource.type], cfn=_SWITCHES[self.resource.type], default=False
        ).__get__(self, type(self))


_SWITCHES = {
    "aws_api_gateway_stage": "xray_tracing_enabled",
    "AWS::ApiGateway::Stage": "TracingEnabled",
    "AWS::Serverless::Api": "TracingEnabled",
    "aws_sfn_state_machine": "tracing_configuration.enabled",
    "AWS::StepFunctions::StateMachine": "TracingConfiguration.Enabled",
    "AWS::Serverless::StateMachine": "Tracing.Enabled",
    "aws_appsync_graphql_api": "xray_enabled",
    "AWS::AppSync::GraphQLApi": "XrayEnabled",
}


class _Platform(View):
    """An Elastic Beanstalk environment."""

    types = ("aws_elastic_beanstalk_environment", "AWS::ElasticBeanstalk::Environment")
    settings = Attr(object, tf="setting", cfn="OptionSettings")


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`accept` lists what counts as tracing beside X-Ray: adot (OpenTelemetry), other-apm."""

    accept: tuple[str, ...] = ("adot", "other-apm")


@policy(
    "Tracing is off",
    severity="low",
    pillar="operations",
    languages=("terraform", "cloudformation", "sam"),
    advice=("A6.2",),
    source="AWS Security Hub Lambda.7 and APIGateway.3",
)
def tracing_disabled(system: System, params: Params) -> Verdicts:
    """A Lambda function, a stage of a REST API, a state machine, an AppSync API or a Beanstalk environment starts no traces.

    `PassThrough` is off: it only passes on what another service decided. Functions with a layer, wrapper or variables of
    OpenTelemetry or of another tracing service count as traced (`accept` under
    `[tool.djaws.policies."monitoring/tracing-disabled"]`). HTTP APIs, functions at the edge and those behind custom resources
    are not asked.

    ## Why

    A request passes an API, a function, a queue and a database. Without traces, which of them is slow is a guess.

    ## Fix: Terraform

    ```hcl
    tracing_config {
      mode = "Active"
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    TracingConfig:
      Mode: Active
    ```

    ## Fix: SAM

    ```yaml
    Globals:
      Function:
        Tracing: Active
      Api:
        TracingEnabled: true
    ```
    """
    yield from once(_all(system, params))


def _all(system: System, params: Params) -> Verdicts:
    for function in system.each(_Mode):
        yield from _of_function(function, params)
    for switch in system.each(_Switch):
        yield from convict(
            switch.is_on,
            lambda enabled: not enabled,
            f"{switch.subject} is not traced",
            subject=switch.subject,
            block=switch.resource.block,
        )
    for platform in system.each(_Platform):
        yield from _of_platform(platform, system)


def _of_function(function: _Mode, params: Params) -> Verdicts:
    if function.is_at_the_edge or function.is_for_the_stack_itself:
        return
    if any(_is_traced_by(function, tracer) for tracer in params.accept):
        return
    mode = function.tracing
    if mode.sometimes(lambda text: text != "Active"):
        doubt = _doubt(function)
        if doubt:
            yield undecided(*doubt)
            return
    yield from convict(
        mode,
        lambda text: text != "Active",
        f"{function.subject} is not traced",
        subject=function.subject,
        block=function.resource.block,
    )


def _is_traced_by(function: Function, tracer: str) -> bool:
    tools, variables = _TRACERS.get(tracer), _VARIABLES.get(tracer)
    if tools is None or variables is None:
        return False
    if any(tools.search(text) for text in written(function.layers)):
        return True
    layers = items(function.layers)[0]
    if any(tools.search(reference.address) for layer in layers for reference in layer.references):
        return True
    environment, _ = members(function.variables)
    return any(_traces(each, tools, variables) for each in environment)


def _traces(environment: Map, tools: re.Pattern[str], variables: re.Pattern[str]) -> bool:
    wrapper = texts(environment.get("AWS_LAMBDA_EXEC_WRAPPER"))
    return any(tools.search(text) for text in wrapper) or any(
        variables.search(name) for name in environment.entries
    )


def _doubt(function: Function) -> tuple[Span, str] | None:
    """A layer that is not known."""
    layers, more = items(function.layers)
    nameless = (layer.unknown for layer in layers if layer.unknown and _is_nameless(layer, function))
    unknown = more or next(nameless, None)
    if unknown:
        return unknown.span, f"a layer of {function.subject} may trace it: {unknown.because}"
    return None


def _is_nameless(layer: Value[Any], function: Function) -> bool:
    """Whether nothing tells what a layer is: neither a part of its ARN nor a resource of this stack."""
    parts = layer.unknown.parts if layer.unknown else ()
    return not any(parts) and all(each.is_data for each in function.stack.resolve(layer))


_PLATFORM = "aws:elasticbeanstalk:xray"


def _of_platform(platform: _Platform, system: System) -> Verdicts:
    if any(option.namespace == _PLATFORM for each in system.pipeline.beanstalk for option in each.options):
        return
    names = (
        ("namespace", "name", "value")
        if platform.resource.dialect == "terraform"
        else (
            "Namespace",
            "OptionName",
            "Value",
        )
    )
    settings, more = members(platform.settings)
    for setting in settings:
        if texts(setting.get(names[0])) == {_PLATFORM} and "XRayEnabled" in texts(setting.get(names[1])):
            yield from convict(
                setting.get(names[2]),
                lambda value: str(value).lower() != "true",
                f"{platform.subject} is not traced",
                subject=platform.subject,
                block=platform.resource.block,
            )
            return
    if more:
        yield undecided(more.span, more.because)
        return
    yield finding(
        platform.span,
        f"{platform.subject} is not traced",
        subject=platform.subject,
        block=platform.resource.block,
        confidence="medium",
    )
