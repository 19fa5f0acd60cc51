"""What several policies about transport ask alike: listeners, distributions, caches, and where a URL leads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from djaws.finding import Finding, Span
from djaws.model.cloud import Attr, Resource, Stack, View, references_in
from djaws.model.processes.documents import members
from djaws.model.value import Map, Unknown, Value
from djaws.policy import Verdicts

_RULES = ("aws_lb_listener_rule", "aws_alb_listener_rule", "AWS::ElasticLoadBalancingV2::ListenerRule")
_BALANCERS = ("aws_lb", "aws_alb", "AWS::ElasticLoadBalancingV2::LoadBalancer")


class Listener(View):
    """A listener of an application or network load balancer."""

    types = ("aws_lb_listener", "aws_alb_listener", "AWS::ElasticLoadBalancingV2::Listener")
    protocol = Attr(str, tf="protocol", cfn="Protocol", default="HTTP")
    port = Attr(int, tf="port", cfn="Port")
    owner = Attr(str, tf="load_balancer_arn", cfn="LoadBalancerArn")

    @property
    def is_terraform(self) -> bool:
        return self.resource.dialect == "terraform"

    @property
    def actions(self) -> tuple[list[Map], Unknown | None]:
        return members(self.resource.attr("default_action" if self.is_terraform else "DefaultActions"))

    @property
    def balancer(self) -> Resource | None:
        found = [each for each in self.stack.resolve(self.owner) if each.type in _BALANCERS]
        return found[0] if len(found) == 1 else None

    @property
    def is_plain(self) -> bool:
        """Whether it certainly speaks HTTP without TLS."""
        return self.protocol.always(lambda text: text == "HTTP")

    @property
    def is_secure(self) -> bool:
        return self.protocol.always(lambda text: text in ("HTTPS", "TLS"))

    @property
    def redirects(self) -> bool:
        """Whether each default action certainly sends the visitor to HTTPS."""
        blocks, unknown = self.actions
        return bool(blocks) and unknown is None and all(map(_redirects, blocks))

    @property
    def forwards(self) -> bool:
        """Whether its default action certainly hands requests on as they are."""
        blocks, _ = self.actions
        return any(_named(block, "type", "Type").always(lambda text: text == "forward") for block in blocks)

    @property
    def rules(self) -> Iterator[Resource]:
        for each in self.stack.referrers(self.resource):
            if each.type in _RULES:
                yield each

    @property
    def has_redirecting_rule(self) -> bool:
        """Whether some rule sends visitors to HTTPS: then which requests remain is not ours to say."""
        for rule in self.rules:
            blocks, unknown = members(rule.attr("action" if self.is_terraform else "Actions"))
            if unknown or any(_redirects(block) for block in blocks):
                return True
        return False

    @property
    def groups(self) -> frozenset[str]:
        """The addresses of what it, or one of its rules, hands requests to."""
        sources = [self.resource, *self.rules]
        references = [each for source in sources for each in references_in(source.body)]
        found = (self.stack.find(each.address) for each in references)
        return frozenset(each.address for each in found if each is not None)


def _named(block: Map, *names: str) -> Value[Any]:
    return block.get(next((name for name in names if name in block.entries), names[0]))


def _redirects(block: Map) -> bool:
    if not _named(block, "type", "Type").always(lambda text: text == "redirect"):
        return False
    for redirect in members(_named(block, "redirect", "RedirectConfig"))[0]:
        protocol = _named(redirect, "protocol", "Protocol")
        port = _named(redirect, "port", "Port")
        if protocol.always(lambda text: text == "HTTPS") or port.always(lambda text: str(text) == "443"):
            return True
    return False


def is_internal(balancer: Resource) -> bool:
    """Whether the load balancer certainly answers inside the network only."""
    if balancer.dialect == "terraform":
        return balancer.attr("internal").always(lambda data: data in (True, "true"))
    return balancer.attr("Scheme").always(lambda data: data == "internal")


_MANAGED_HSTS = frozenset(
    {
        "67f7725c-6f97-4210-82d7-5512b31e9d03",  # SecurityHeadersPolicy
        "e61eb60c-9c35-4d20-a928-2b84e02af89c",  # CORS-and-SecurityHeadersPolicy
        "eaab4381-ed33-4a86-88ca-d9558dc6cd63",  # CORS-with-preflight-and-SecurityHeadersPolicy
    }
)


class Distribution(View):
    """A CloudFront distribution."""

    types = ("aws_cloudfront_distribution", "AWS::CloudFront::Distribution")

    @property
    def is_terraform(self) -> bool:
        return self.resource.dialect == "terraform"

    def _read(self, terraform: str, cloudformation: str) -> Value[Any]:
        return self.resource.attr(terraform if self.is_terraform else f"DistributionConfig.{cloudformation}")

    @property
    def policy(self) -> Value[Any]:
        """How visitors of the default behaviour may come."""
        return self._read(
            "default_cache_behavior.viewer_protocol_policy", "DefaultCacheBehavior.ViewerProtocolPolicy"
        )

    @property
    def is_secure(self) -> bool:
        """Whether no behaviour lets plain HTTP through."""
        others, _ = members(self._read("ordered_cache_behavior", "CacheBehaviors"))
        lax = [
            each
            for each in others
            if _named(each, "viewer_protocol_policy", "ViewerProtocolPolicy").sometimes(
                lambda text: text == "allow-all"
            )
        ]
        return not lax and self.policy.always(lambda text: text in ("redirect-to-https", "https-only"))

    def is_before(self, balancer: Resource) -> bool | None:
        """Whether the load balancer is one of its origins; None when an origin is not known."""
        origins, unknown = members(self._read("origin", "Origins"))
        doubt = unknown is not None
        for origin in origins:
            domain = _named(origin, "domain_name", "DomainName")
            if any(each.address == balancer.address for each in self.stack.resolve(domain)):
                return True
            doubt = doubt or (domain.unknown is not None and not self.stack.resolve(domain))
        return None if doubt else False

    @property
    def hsts(self) -> Span | None:
        """Where the default behaviour gets its Strict-Transport-Security header from."""
        value = self._read(
            "default_cache_behavior.response_headers_policy_id",
            "DefaultCacheBehavior.ResponseHeadersPolicyId",
        )
        if value.always(lambda text: text in _MANAGED_HSTS):
            return value.span
        for each in self.stack.resolve(value):
            if "SecurityHeadersPolicy" in str(each.attr("name").only("")):
                return value.span
            path = (
                "security_headers_config.strict_transport_security"
                if each.dialect == "terraform"
                else "ResponseHeadersPolicyConfig.SecurityHeadersConfig.StrictTransportSecurity"
            )
            if each.type in _HEADERS and each.attr(path).always(lambda data: data is not None):
                return value.span
        return None


_HEADERS = ("aws_cloudfront_response_headers_policy", "AWS::CloudFront::ResponseHeadersPolicy")


class RedisGroup(View):
    """An ElastiCache replication group of Redis or Valkey."""

    types = ("aws_elasticache_replication_group", "AWS::ElastiCache::ReplicationGroup")
    engine = Attr(str, tf="engine", cfn="Engine", default="redis")
    transit = Attr(bool, tf="transit_encryption_enabled", cfn="TransitEncryptionEnabled", default=False)
    mode = Attr(str, tf="transit_encryption_mode", cfn="TransitEncryptionMode", default="required")


def groups_behind(stack: Stack | None, value: Value[Any]) -> list[RedisGroup]:
    """The Redis groups whose address a URL holds."""
    if stack is None:
        return []
    found = [stack.find(each.address) for each in references_in(value)]
    return [
        RedisGroup(each, stack) for each in dict.fromkeys(found) if each and each.type in RedisGroup.types
    ]


def scheme(value: Value[Any]) -> str:
    """The scheme of a URL that is known, or begins with something known; empty otherwise."""
    texts = {alt.value for alt in value.alternatives if isinstance(alt.value, str)}
    if value.unknown:
        texts |= {part for part in value.unknown.parts[:1] if part}
    schemes = {
        match[1].lower() for text in texts if (match := re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", text))
    }
    return schemes.pop() if len(schemes) == 1 else ""


_LOCAL = re.compile(
    r"^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?|0\.0\.0\.0|host\.docker\.internal|[a-z0-9_-]*|/.*)$", re.I
)


def is_local(host: object) -> bool:
    """Whether a host is this one, a socket, or a neighbour's bare name."""
    return isinstance(host, str) and _LOCAL.match(host) is not None


def once(verdicts: Verdicts) -> Verdicts:
    """The same fault at the same place only once, however many processes have it."""
    seen = set()
    for verdict in verdicts:
        key = (verdict.location.span, verdict.message) if isinstance(verdict, Finding) else verdict
        if key not in seen:
            seen.add(key)
            yield verdict
