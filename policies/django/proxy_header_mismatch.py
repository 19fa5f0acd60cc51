"""Settings about proxies that do not fit what stands in front of Django."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from djaws.finding import Span
from djaws.model.cloud import references_in
from djaws.model.deployed import Deployed
from djaws.model.system import System
from djaws.model.value import Seq, Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import items, once, place, serving

_HEADER = "SECURE_PROXY_SSL_HEADER"
#: Servers that believe X-Forwarded-Proto by themselves when it comes from the same host.
_BELIEVING = frozenset({"gunicorn", "uvicorn"})


@policy(
    "Proxy settings do not fit the load balancer",
    severity="medium",
    confidence="medium",
    pillar="security",
    languages=("django", "terraform", "cloudformation"),
    advice=("A2.6", "A8.1"),
    source="Django: SECURE_PROXY_SSL_HEADER, USE_X_FORWARDED_HOST, CSRF_TRUSTED_ORIGINS",
)
def proxy_header_mismatch(system: System) -> Verdicts:
    """A load balancer ends TLS, `SECURE_SSL_REDIRECT` is on and `SECURE_PROXY_SSL_HEADER` is not set: every request is redirected to
    itself for ever. Or that header, or `USE_X_FORWARDED_HOST`, is believed although nothing stands in front of the process that
    would set it. Or `CSRF_TRUSTED_ORIGINS` trusts an `http://` origin.

    The previous hop counts: gunicorn and uvicorn believe an nginx on the same host without Django's help. Silent where the hop is
    not known, and for origins on the same host.

    ## Why

    Without the header Django sees plain HTTP from the load balancer. With it and no proxy every visitor can claim that the request
    was encrypted, or name the host of password reset links. An `http://` origin lets anybody in the network forge forms.

    ## Fix: Django

        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        CSRF_TRUSTED_ORIGINS = ["https://shop.example.com"]

    ## Fix: Terraform

    Let the tasks admit the load balancer only, so that nobody else sets the header:

        security_groups = [aws_security_group.balancer.id]

    ## Fix: CloudFormation

        SourceSecurityGroupId: !Ref BalancerGroup
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for each in serving(system):
        yield from _looping(each)
        yield from _spoofable(each)
        for origin in items(each, "CSRF_TRUSTED_ORIGINS")[0]:
            text = origin.value
            if isinstance(text, str) and text.startswith("http://") and not _is_here(text):
                yield finding(
                    origin.span,
                    "CSRF_TRUSTED_ORIGINS trusts an origin without TLS",
                    subject="CSRF_TRUSTED_ORIGINS",
                    guard=origin.guard,
                )


def _is_here(origin: str) -> bool:
    host = origin.removeprefix("http://").partition("/")[0].partition(":")[0]
    return (
        "." not in host
        or host.startswith(("127.", "0.0.0.0", "10.", "192.168."))
        or host.endswith((".local", ".localhost", ".internal", ".test"))
    )


def _looping(each: Deployed) -> Verdicts:
    redirect = each.get("SECURE_SSL_REDIRECT")
    if not redirect.always(lambda data: data is True):
        return
    end = _end_of_tls(each)
    if end is None or _is_believed(each):
        return
    header = each.get(_HEADER)
    if header.always(lambda data: data is None):
        yield finding(
            place(each, redirect),
            f"SECURE_SSL_REDIRECT redirects for ever: TLS ends at the load balancer and {_HEADER} is not set",
            subject="SECURE_SSL_REDIRECT",
            related=[(end, "TLS ends here")],
        )
    elif header.unknown:
        yield undecided(header.unknown.span, header.unknown.because)


def _end_of_tls(each: Deployed) -> Span | None:
    """The HTTPS listener in front of the process, when the target group behind it speaks HTTP."""
    process = each.process
    if process is None or process.stack is None:
        return None
    for hop in process.hops:
        group = hop.resource
        if hop.kind != "balancer" or group is None or "arget" not in group.type:
            continue
        protocol = group.attr("protocol" if group.dialect == "terraform" else "Protocol")
        if not protocol.always(lambda text: text in ("HTTP", None)):
            continue
        for listener in process.stack.of_type(*_LISTENERS):
            spoken = listener.attr("protocol" if listener.dialect == "terraform" else "Protocol")
            if spoken.always(lambda text: text == "HTTPS") and any(
                process.stack.find(reference.address) is group for reference in references_in(listener.body)
            ):
                return listener.span
    return None


_LISTENERS = ("aws_lb_listener", "aws_alb_listener", "AWS::ElasticLoadBalancingV2::Listener")


def _is_believed(each: Deployed) -> bool:
    """Whether the server itself tells Django that the request was encrypted, or may."""
    if each.server is None or each.process is None:
        return True
    names = ("forwarded-allow-ips", "secure-scheme-headers", "proxy-headers")
    if (
        any(not each.server.option(name).is_absent for name in names)
        or "FORWARDED_ALLOW_IPS" in each.provided
    ):
        return True
    if each.server.kind == "uwsgi":
        return True
    return each.process.hop.is_local and each.server.kind in _BELIEVING


def _spoofable(each: Deployed) -> Verdicts:
    """Headers that are believed although the process certainly has nobody in front who sets them."""
    process = each.process
    if process is None or process.hop.kind != "none" or not _is_reachable(each):
        return
    for name in (_HEADER, "USE_X_FORWARDED_HOST"):
        value = each.get(name)
        if value.always(lambda data: data is True or _is_pair(data)):
            yield finding(
                place(each, value),
                f"{name} believes a header that nothing in front of the process sets",
                subject=name,
                related=[(process.hop.span, process.hop.because)],
            )


def _is_pair(data: object) -> bool:
    return isinstance(data, Seq) and len(data.items) == 2


def _is_reachable(each: Deployed) -> bool:
    """Whether the task has a public address of its own."""
    for service in each.process.services if each.process else ():
        for value in _public(service.attr("network_configuration.assign_public_ip"), service):
            if value:
                return True
    return False


def _public(value: Value[Any], service: Any) -> Iterator[bool]:
    if service.dialect == "terraform":
        yield value.always(lambda data: data in (True, "true"))
    else:
        found = service.attr("NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp")
        yield found.always(lambda data: data == "ENABLED")
