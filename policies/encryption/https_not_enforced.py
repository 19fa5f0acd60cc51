"""Sites that answer over plain HTTP because neither the load balancer nor Django redirects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from djaws.finding import Span
from djaws.model.cloud import Resource
from djaws.model.deployed import Deployed, deployments
from djaws.model.processes import Hop
from djaws.model.system import System
from djaws.model.value import Seq, Value
from djaws.policy import Verdicts, answer, finding, policy, undecided

from .model import Distribution, Listener, is_internal, once

_REDIRECT = "SECURE_SSL_REDIRECT"
_MIDDLEWARE = "django.middleware.security.SecurityMiddleware"


@policy(
    "Neither the load balancer nor Django redirects HTTP to HTTPS",
    severity="high",
    confidence="medium",
    pillar="security",
    languages=("terraform", "cloudformation"),
    advice=("A2.6",),
    source="AWS Security Hub ELB.1",
)
def https_not_enforced(system: System) -> Verdicts:
    """A listener of a load balancer hands plain HTTP on to Django, and `SECURE_SSL_REDIRECT` is not on either.

    One layer is enough. When the load balancer redirects, has no HTTP listener, or stands behind a CloudFront distribution that
    redirects, Django's `security.W008` is answered; when Django redirects, Checkov's rules about the listener are; when the
    distribution sends Strict-Transport-Security, `security.W004` is. Low for internal load balancers. Silent when rules of the
    listener or nginx redirect, undecided when the setting is not known.

    ## Why

    The first request of every visitor who types the name goes in clear text, with whatever cookie is not marked secure. Whoever
    sits between can keep the visitor there.

    ## Fix: Terraform

        default_action {
          type = "redirect"
          redirect {
            port        = "443"
            protocol    = "HTTPS"
            status_code = "HTTP_301"
          }
        }

    ## Fix: CloudFormation

        DefaultActions:
          - Type: redirect
            RedirectConfig: {Protocol: HTTPS, Port: "443", StatusCode: HTTP_301}

    ## Fix: Django

        SECURE_SSL_REDIRECT = True
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    """
    site = _Site(system)
    yield from once(site.faults())
    yield from site.answers()


class _Site:
    """The two sides: listeners and distributions here, projects there."""

    def __init__(self, system: System) -> None:
        self.deployed = [each for each in deployments(system) if each.is_web and not each.is_workplace]
        self.listeners = list(system.each(Listener)) if self.deployed else []
        self.distributions = list(system.each(Distribution)) if self.deployed else []

    # --- faults

    def faults(self) -> Verdicts:
        for listener in self.listeners:
            if not listener.is_plain or not listener.forwards or listener.has_redirecting_rule:
                continue
            balancer = listener.balancer
            if balancer is not None and self._edge(balancer) is not None:
                continue
            for each in self._behind(listener):
                yield from self._of_project(listener, balancer, each)

    def _of_project(self, listener: Listener, balancer: Resource | None, each: Deployed) -> Verdicts:
        value = each.get(_REDIRECT)
        if value.sometimes(lambda data: data is True) or _nginx_redirects(each):
            return
        if value.unknown:
            yield undecided(value.unknown.span, value.unknown.because)
            return
        if balancer is not None and self._doubtful_edge(balancer):
            yield undecided(
                balancer.span, "a distribution whose origins are not known may stand in front of it"
            )
            return
        yield finding(
            listener.span,
            f"{listener.subject} hands plain HTTP on, and {_REDIRECT} is not on in {each.project.settings_module}",
            subject=listener.subject,
            block=listener.resource.block,
            severity="low" if balancer is not None and is_internal(balancer) else None,
            related=[(_setting(value, each), f"{_REDIRECT} is not on here")],
        )

    def _behind(self, listener: Listener) -> Iterator[Deployed]:
        """The projects whose processes the listener's target groups send requests to; the only one, when that is not said."""
        groups = listener.groups
        found = [each for each in self.deployed if any(hop.address in groups for hop in _groups(each))]
        if not found and len(self.deployed) == 1 and not any(_groups(self.deployed[0])):
            process = self.deployed[0].process
            if process is None or not process.hops:
                found = self.deployed
        yield from found

    def _edge(self, balancer: Resource) -> Distribution | None:
        """A distribution in front of the load balancer that lets no plain HTTP in."""
        return next(
            (each for each in self.distributions if each.is_secure and each.is_before(balancer)), None
        )

    def _doubtful_edge(self, balancer: Resource) -> bool:
        return any(each.is_before(balancer) is None and each.is_secure for each in self.distributions)

    # --- answers

    def answers(self) -> Verdicts:
        for each in self.deployed:
            paths = tuple(dict.fromkeys((*each.project.settings.inputs, each.project.settings_path)))
            proof = self._proof(each)
            if proof is not None:
                yield answer(("security.W008",), proof[1], proof[0], paths=paths)
            header = self._header(each)
            if header is not None:
                yield answer(
                    ("security.W004",), "CloudFront sends Strict-Transport-Security", header, paths=paths
                )
            yield from self._of_listeners(each)

    def _proof(self, each: Deployed) -> tuple[Span, str] | None:
        """Where another layer sends visitors of the project to HTTPS, and how."""
        for hop in each.process.hops if each.process else ():
            if hop.kind in ("api-gateway", "function-url"):
                return hop.span, "it answers over HTTPS only"
            if each.process and each.process.origin == "app-runner":
                return hop.span, "App Runner answers over HTTPS only"
        mine = [listener for listener in self.listeners if self._is_of(listener, each)]
        balancers = {one.address: one for listener in mine if (one := listener.balancer) is not None}
        if not balancers:
            return None
        proofs = [self._of_balancer(balancer) for balancer in balancers.values()]
        return proofs[0] if all(proofs) else None

    def _of_balancer(self, balancer: Resource) -> tuple[Span, str] | None:
        edge = self._edge(balancer)
        if edge is not None:
            return edge.policy.span, "CloudFront sends visitors to HTTPS"
        own = [each for each in self.listeners if each.balancer is balancer]
        plain = [each for each in own if not each.is_secure]
        if plain and all(each.redirects for each in plain):
            return plain[0].span, "the load balancer redirects to HTTPS"
        secure = [each for each in own if each.is_secure]
        if secure and not plain:
            return secure[0].span, "the load balancer answers over HTTPS only"
        return None

    def _is_of(self, listener: Listener, each: Deployed) -> bool:
        groups = _groups(each)
        if groups:
            return any(group.address in listener.groups for group in groups)
        has_no_hop = each.process is None or not each.process.hops
        return has_no_hop and len(self.deployed) == 1

    def _header(self, each: Deployed) -> Span | None:
        for listener in self.listeners:
            balancer = listener.balancer
            edge = self._edge(balancer) if balancer is not None and self._is_of(listener, each) else None
            if edge is not None and edge.hsts is not None:
                return edge.hsts
        return None

    def _of_listeners(self, each: Deployed) -> Verdicts:
        """Django redirects: the listener need not, when HTTPS is there to be redirected to."""
        value = each.get(_REDIRECT)
        if not value.always(lambda data: data is True) or not _has_middleware(each):
            return
        for listener in self.listeners:
            balancer = listener.balancer
            if not listener.is_plain or balancer is None or not self._is_of(listener, each):
                continue
            others = [other for other in self.listeners if other.balancer is balancer]
            if any(other.is_secure for other in others):
                yield answer(
                    ("CKV2_AWS_20", "CKV_AWS_2"),
                    "Django redirects to HTTPS",
                    value.span,
                    subjects=(listener.subject, balancer.address),
                )


def _groups(each: Deployed) -> list[Resource]:
    hops: tuple[Hop, ...] = each.process.hops if each.process else ()
    return [hop.resource for hop in hops if hop.kind == "balancer" and hop.resource is not None]


def _nginx_redirects(each: Deployed) -> bool:
    """Whether an nginx in front sends visitors to HTTPS itself, by whatever test."""
    for hop in each.process.hops if each.process else ():
        for directive in (*hop.nginx.every("return"), *hop.nginx.every("rewrite")) if hop.nginx else ():
            if any("https" in argument for argument in directive.arguments):
                return True
    return False


def _has_middleware(each: Deployed) -> bool:
    return any(
        item.sometimes(lambda text: text == _MIDDLEWARE)
        for alternative in each.get("MIDDLEWARE").alternatives
        if isinstance(alternative.value, Seq)
        for item in alternative.value.items
    )


def _setting(value: Value[Any], each: Deployed) -> Span:
    return value.span if value.span.path else Span(each.project.settings_path)
