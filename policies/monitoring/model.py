"""What several monitoring policies read of resources in both dialects, and what they ask of a stack or of the repository."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from djaws.finding import Finding, Span
from djaws.model.cloud import Attr, Resource, Stack, Unresolved, View, references_in
from djaws.model.system import System
from djaws.model.value import Map, Seq, Unknown, Value
from djaws.policy import Verdicts

T = TypeVar("T")


class Alarm(View):
    """A CloudWatch alarm on a metric or on an expression over metrics."""

    types = ("aws_cloudwatch_metric_alarm", "AWS::CloudWatch::Alarm")
    name = Attr(str, tf="alarm_name", cfn="AlarmName")
    namespace = Attr(str, tf="namespace", cfn="Namespace")
    metric = Attr(str, tf="metric_name", cfn="MetricName")
    comparison = Attr(str, tf="comparison_operator", cfn="ComparisonOperator")
    missing_data = Attr(str, tf="treat_missing_data", cfn="TreatMissingData", default="missing")
    queries = Attr(object, tf="metric_query", cfn="Metrics")


class AnyAlarm(View):
    """A metric alarm or a composite one."""

    types = (*Alarm.types, "aws_cloudwatch_composite_alarm", "AWS::CloudWatch::CompositeAlarm")
    name = Attr(str, tf="alarm_name", cfn="AlarmName")
    is_enabled = Attr(bool, tf="actions_enabled", cfn="ActionsEnabled", default=True)
    actions = Attr(object, tf="alarm_actions", cfn="AlarmActions")
    quiet_actions = Attr(object, tf="insufficient_data_actions", cfn="InsufficientDataActions")
    rule = Attr(str, tf="alarm_rule", cfn="AlarmRule")

    @property
    def is_composite(self) -> bool:
        return self.resource.type not in Alarm.types


class LogGroup(View):
    types = ("aws_cloudwatch_log_group", "AWS::Logs::LogGroup")
    name = Attr(str, tf="name", cfn="LogGroupName")
    retention = Attr(int, tf="retention_in_days", cfn="RetentionInDays")
    kind = Attr(str, tf="log_group_class", cfn="LogGroupClass", default="STANDARD")


class Function(View):
    """A Lambda function."""

    types = ("aws_lambda_function", "AWS::Lambda::Function", "AWS::Serverless::Function")
    name = Attr(str, tf="function_name", cfn="FunctionName")
    layers = Attr(object, tf="layers", cfn="Layers")
    variables = Attr(object, tf="environment.variables", cfn="Environment.Variables")

    @property
    def is_for_the_stack_itself(self) -> bool:
        """Whether it only answers CloudFormation, as the back end of a custom resource or a macro."""
        callers = self.stack.referrers(self.resource)
        if any(
            each.type.startswith("Custom::")
            or each.type in ("AWS::CloudFormation::CustomResource", "AWS::CloudFormation::Macro")
            for each in callers
        ):
            return True
        return any("cfnresponse" in text for text in written(self.resource.attr("Code.ZipFile")))

    @property
    def is_at_the_edge(self) -> bool:
        distributions = ("aws_cloudfront_distribution", "AWS::CloudFront::Distribution")
        callers = self.stack.referrers(self.resource)
        versions = [each for each in callers if each.type == "AWS::Lambda::Version"]
        return any(each.type in distributions for each in callers) or any(
            each.type in distributions for version in versions for each in self.stack.referrers(version)
        )


# --- the words of names


_PRODUCTION = frozenset({"prod", "production", "live", "prd"})


def words(text: str) -> frozenset[str]:
    """The lower-case words of a name or path: `shop-devEU/api` is shop, dev, eu and api."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return frozenset(re.split(r"[^a-z0-9]+", spaced.lower())) - {""}


def is_nonproduction(text: str, system: System) -> bool:
    """Whether a name or a path says non-production, and nothing in it says production."""
    found = words(text)
    return not found.isdisjoint(system.config.nonproduction) and found.isdisjoint(_PRODUCTION)


def without_instance(address: str) -> str:
    """An address without instance keys: all instances of a block share it."""
    return re.sub(r"\[[^\]]*\]", "", address)


# --- what is out of sight


_OTHER_TOOLS = {
    "cdk.json": "AWS CDK",
    "Pulumi.yaml": "Pulumi",
    "Pulumi.yml": "Pulumi",
    "serverless.yml": "the Serverless Framework",
    "serverless.yaml": "the Serverless Framework",
    "terragrunt.hcl": "Terragrunt",
}

#: What a module is called that has one purpose, and that one is not to watch what others make.
_PLAIN_PURPOSES = frozenset(
    {
        *(
            "vpc",
            "subnet",
            "subnets",
            "network",
            "networking",
            "nat",
            "bastion",
            "peering",
            "vpn",
            "endpoints",
        ),
        *("iam", "role", "roles", "policy", "kms", "key", "secret", "secrets", "ssm", "acm", "certificate"),
        *("sg", "security", "dns", "route53", "zone", "label", "labels", "tags", "naming", "context", "null"),
        *(
            "s3",
            "bucket",
            "ecr",
            "state",
            "backend",
            "tfstate",
            "rds",
            "aurora",
            "database",
            "postgres",
            "mysql",
        ),
        *(
            "redis",
            "elasticache",
            "cache",
            "ecs",
            "fargate",
            "eks",
            "cluster",
            "service",
            "task",
            "container",
        ),
        *("alb", "elb", "nlb", "lb", "lambda", "function", "api", "apigateway", "gateway", "sqs", "queue"),
        *("sns", "topic", "cloudfront", "cdn", "waf", "cognito", "ec2", "instance", "autoscaling", "asg"),
        *("efs", "dynamodb", "table", "ses", "oidc", "github", "ami", "keypair", "codebuild", "codepipeline"),
    }
)
_WATCHING = re.compile(r"alarm|monitor|watch|observ|alert|telemetry|datadog|newrelic|grafana", re.IGNORECASE)


def other_tool(system: System) -> tuple[str, Span] | None:
    """A tool in the repository whose infrastructure djaws does not analyse."""
    for path in system.tree.paths:
        tool = _OTHER_TOOLS.get(path.rpartition("/")[2])
        if tool:
            return f"{tool} may hold it, which is not analysed", Span(path)
    return None


def could_watch(stack: Stack, resource: Resource, purpose: re.Pattern[str] = _WATCHING) -> Unresolved | None:
    """A module or nested stack out of sight that may hold what watches the resource.

    One that is given the resource, or its name; one whose name speaks of that `purpose`; one of which nothing tells what it is for.
    """
    for unresolved in stack.unresolved:
        if _is_given(unresolved, stack, resource) or _has_open_purpose(unresolved, purpose):
            return unresolved
    return None


def _is_given(unresolved: Unresolved, stack: Stack, resource: Resource) -> bool:
    for reference in references_in(unresolved.arguments):
        target = stack.find(reference.address)
        if target is not None and without_instance(target.address) == without_instance(resource.address):
            return True
    return False


def _has_open_purpose(unresolved: Unresolved, purpose: re.Pattern[str]) -> bool:
    name = unresolved.address.rpartition(".")[2]
    source = unresolved.source.partition("?")[0]
    if purpose.search(source) or purpose.search(name):
        return True
    parts = [part for part in re.split(r"[/:]+", source) if part and part != "aws"]
    return words(" ".join([*parts[-2:], name])).isdisjoint(_PLAIN_PURPOSES)


def is_library(stack: Stack) -> bool:
    """Whether it is a Terraform module for others to call: no provider, no backend, and inputs that somebody must give."""
    if stack.dialect != "terraform" or stack.providers or not stack.meta.get("backend").is_absent:
        return False
    has_inputs = any(value.unknown for value in stack.parameters.values())
    return has_inputs and ("modules" in stack.path.split("/") or bool(stack.outputs))


def is_chosen_elsewhere(value: Value[Any], stack: Stack) -> bool:
    """Whether a parameter of the stack decides: its default is one of the values, not the only one."""
    return any(
        reference.address.removeprefix("var.") in stack.parameters or reference.address.startswith("AWS::")
        for reference in value.references
    )


# --- values


def items(value: Value[Any]) -> tuple[tuple[Value[Any], ...], Unknown | None]:
    """The items of a list over all its alternatives, and why there may be more; one text counts as a list of it."""
    found: list[Value[Any]] = []
    unknown = value.unknown
    for alternative in value.alternatives:
        data = alternative.value
        if isinstance(data, Seq):
            found += data.items
            unknown = unknown or data.rest
        elif data is not None:
            found.append(Value((alternative,)))
    return tuple(found), unknown


def is_certainly_empty(value: Value[Any]) -> bool:
    """Whether a list has no item, or only ones that are not there."""
    return value.always(
        lambda data: (
            data is None
            or (
                isinstance(data, Seq)
                and data.rest is None
                and all(is_certainly_empty(item) for item in data.items)
            )
            or (isinstance(data, Map) and not data.entries and data.rest is None)
        )
    )


def texts(value: Value[Any]) -> frozenset[str]:
    """The texts that a value can be, as far as they are known."""
    return frozenset(
        alternative.value for alternative in value.alternatives if isinstance(alternative.value, str)
    )


def same(left: Value[Any], right: Value[Any]) -> bool:
    """Whether two texts are the same, be it one that is known in part: the same literal pieces around the same variables."""
    if texts(left) & texts(right) - {""}:
        return True
    one, other = left.unknown, right.unknown
    if one is None or other is None:
        return False
    ours, theirs = variables(one), variables(other)
    return bool(ours) and ours == theirs and one.parts == other.parts


def variables(unknown: Unknown) -> frozenset[str]:
    """The variables of the root that a text is made of; what only carried them on their way does not count."""
    return frozenset(
        reference.address
        for reference in unknown.references
        if re.match(r"var\.|local\.|AWS::", reference.address)
    )


def mentions(data: Any, test: Callable[[str], bool]) -> bool:
    """Whether any known text inside a value, map or list satisfies `test`, or any literal piece of one known in part."""
    return any(test(text) for text in written(data))


def written(data: Any) -> Iterator[str]:
    """Every known text inside a value, map or list, the keys and the literal pieces of texts known in part among them."""
    if isinstance(data, Value):
        for alternative in data.alternatives:
            yield from written(alternative.value)
        for part in data.unknown.parts if data.unknown else ():
            if part:
                yield part
    elif isinstance(data, Map):
        for key, entry in data.entries.items():
            yield key
            yield from written(entry)
    elif isinstance(data, Seq):
        for item in data.items:
            yield from written(item)
    elif isinstance(data, str):
        yield data


def per_stack(function: Callable[[Stack], T]) -> Callable[[Stack], T]:
    """`function`, asked once for each stack as long as the stack lives."""
    known: WeakKeyDictionary[Stack, T] = WeakKeyDictionary()

    def ask(stack: Stack) -> T:
        if stack not in known:
            known[stack] = function(stack)
        return known[stack]

    return ask


def once(verdicts: Verdicts) -> Verdicts:
    """The verdicts, a finding only once for each place: instances of a block and calls of a module share their faults."""
    seen: set[tuple[Span, str]] = set()
    for verdict in verdicts:
        if isinstance(verdict, Finding):
            place = (verdict.location.span, verdict.message.replace(verdict.subject, ""))
            if place in seen:
                continue
            seen.add(place)
        yield verdict
