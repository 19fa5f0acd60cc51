"""Load balancers that ask for what Django does not answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from djaws.errors import Refused
from djaws.finding import Span
from djaws.model.cloud import Attr, View
from djaws.model.django import Project
from djaws.model.processes import Process
from djaws.model.system import System
from djaws.model.value import Seq, Unknown, Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import once


class TargetGroup(View):
    types = (
        "aws_lb_target_group",
        "aws_alb_target_group",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
    )
    path = Attr(str, tf="health_check.path", cfn="HealthCheckPath", default="/")
    codes = Attr(str, tf="health_check.matcher", cfn="Matcher.HttpCode", default="200")
    probe = Attr(str, tf="health_check.protocol", cfn="HealthCheckProtocol")
    port = Attr(str, tf="health_check.port", cfn="HealthCheckPort", default="traffic-port")
    protocol = Attr(str, tf="protocol", cfn="Protocol")
    kind = Attr(str, tf="target_type", cfn="TargetType", default="instance")
    is_on = Attr(bool, tf="health_check.enabled", cfn="HealthCheckEnabled", default=True)


#: Middleware that lets every request through to the URL patterns, or turns it away for reasons of its own.
_TRANSPARENT = (
    "django.",
    "whitenoise.",
    "corsheaders.",
    "csp.",
    "waffle.",
    "allauth.",
    "debug_toolbar.",
    "simple_history.",
    "django_prometheus.",
    "axes.",
    "hijack.",
    "django_otp.",
    "django_htmx.",
    "crum.",
    "easyaudit.",
    "auditlog.",
    "aws_xray_sdk.",
    "django_structlog.",
    "rollbar.",
    "elasticapm.",
    "reversion.",
    "impersonate.",
    "wagtail.",
    "log_request_id.",
    "django_user_agents.",
    "django_permissions_policy.",
)
_SECURITY = "django.middleware.security.SecurityMiddleware"
_COMMON = "django.middleware.common.CommonMiddleware"


@policy(
    "Health check that Django does not answer",
    severity="medium",
    confidence="medium",
    pillar="reliability",
    languages=("terraform", "cloudformation"),
    advice=("A8.1", "A6.1"),
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html",
)
def unrouted_health_check(system: System) -> Verdicts:
    """The path that a target group asks for is in no URL pattern of the project behind it; or Django redirects it to HTTPS or to
    the path with a slash, which the target group does not accept; or ALLOWED_HOSTS turns the probe away, which comes under the
    target's own IP address.

    Nothing is said where nginx stands between, where a middleware or the WSGI module may answer first, or where URL patterns
    are not known: then it is undecided.

    ## Why

    A target that never becomes healthy gets no visitors, and ECS replaces it again and again.

    ## Fix: Terraform

    ```hcl
    health_check {
      path    = "/healthz/"
      matcher = "200"
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    HealthCheckPath: /healthz/
    ```

    ## Fix: Django

    Answer the path in a middleware before `SecurityMiddleware`, so that neither hosts nor HTTPS are looked at:

    ```python
    class HealthCheckMiddleware:
        def __init__(self, get_response):
            self.get_response = get_response

        def __call__(self, request):
            if request.path == "/healthz/":
                return HttpResponse("ok")
            return self.get_response(request)
    ```
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for process in system.processes:
        hop = process.hop
        if hop.kind != "balancer" or hop.resource is None or process.stack is None or not process.is_web:
            continue
        group = TargetGroup(hop.resource, process.stack)
        project = _project(system, process)
        if project is not None and hop.resource.type in TargetGroup.types and _asks_http(group):
            yield from _group(system, process, project, group)


def _project(system: System, process: Process) -> Project | None:
    """The project that the process runs, where that is certain."""
    module = process.settings_module.only(None)
    chosen = [project for project in system.projects if project.settings_module == module]
    return chosen[0] if len(chosen) == 1 else None


def _asks_http(group: TargetGroup) -> bool:
    probe = group.probe.only("?") or (
        "HTTP" if group.protocol.only("?") in ("HTTP", "HTTPS", None) else "TCP"
    )
    return (
        probe == "HTTP"
        and group.is_on.always(bool)
        and group.port.only(None) == "traffic-port"
        and group.kind.never(lambda kind: kind in ("lambda", "alb"))
    )


def _group(system: System, process: Process, project: Project, group: TargetGroup) -> Verdicts:
    path = group.path.only(None)
    if not isinstance(path, str):
        why = group.path.unknown or Unknown("the path has several values", group.path.span)
        yield undecided(why.span, f"the path that {group.subject} asks for is not known: {why.because}")
        return
    route = path.partition("?")[0]
    doubt = _early_answer(system, process, project, route)
    if doubt:
        yield undecided(doubt.span, doubt.because)
        return
    faults = _faults(project, group, route)
    fault = next(faults, None)
    if isinstance(fault, Unknown):
        yield undecided(fault.span, fault.because)
    elif fault:
        because, at = fault
        yield finding(
            group.path.span,
            f"{group.subject} asks for {path}, {because}",
            subject=group.subject,
            block=group.resource.block,
            related=[(at, "what Django says")],
        )


def _faults(project: Project, group: TargetGroup, path: str) -> Iterator[tuple[str, Span] | Unknown]:
    settings = project.settings
    names = _middleware(project)
    if isinstance(names, Unknown):
        yield names
        return
    redirect = settings.get("SECURE_SSL_REDIRECT")
    exempt = settings.get("SECURE_REDIRECT_EXEMPT")
    if _SECURITY in names and redirect.always(bool) and not _accepts(group, 301):
        matches = _is_exempt(exempt, path)
        if matches is False:
            yield "which Django redirects to HTTPS: the target never becomes healthy", redirect.span
        elif matches is None:
            yield Unknown("SECURE_REDIRECT_EXEMPT may cover the health check", exempt.span)
    yield from _routing(project, group, path, names)
    yield from _hosts(project, group, names)


def _routing(
    project: Project, group: TargetGroup, path: str, names: Sequence[str]
) -> Iterator[tuple[str, Span] | Unknown]:
    urls = project.urls
    answered = urls.answers(path)
    place = project.settings.get("ROOT_URLCONF").span
    if answered is None:
        rest = urls.rest
        yield Unknown(
            f"whether {path} is routed is not known: {rest.because if rest else 'a pattern is not known'}",
            rest.span if rest else place,
        )
        return
    if answered or _accepts(group, 404):
        return
    slashed = None if path.endswith("/") else urls.answers(f"{path}/")
    adds = project.settings.get("APPEND_SLASH").always(bool) and _COMMON in names
    if slashed and adds:
        if not _accepts(group, 301):
            yield f"which Django redirects to {path}/: the target never becomes healthy", place
    else:
        yield "which is in none of the project's URL patterns", place


def _hosts(
    project: Project, group: TargetGroup, names: Sequence[str]
) -> Iterator[tuple[str, Span] | Unknown]:
    hosts = project.settings.get("ALLOWED_HOSTS")
    listed = hosts.only(None)
    if _COMMON not in names or _accepts(group, 400):
        return
    if not isinstance(listed, Seq) or listed.rest or any(item.unknown for item in listed.items):
        yield Unknown(
            "ALLOWED_HOSTS may turn away the probe, which comes under the target's IP address", hosts.span
        )
        return
    texts = [str(alternative.value) for item in listed.items for alternative in item.alternatives]
    if texts and not any(text == "*" or re.match(r"[\d\[]", text) for text in texts):
        yield (
            "and ALLOWED_HOSTS turns the probe away, which comes under the target's IP address",
            hosts.span,
        )


def _middleware(project: Project) -> tuple[str, ...] | Unknown:
    value = project.settings.get("MIDDLEWARE")
    listed = value.only(None)
    if not isinstance(listed, Seq) or listed.rest or any(not item.is_known for item in listed.items):
        return value.unknown or Unknown("MIDDLEWARE is not known in full", value.span)
    return tuple(str(item.alternatives[0].value) for item in listed.items if item.alternatives)


def _is_exempt(exempt: Value[object], path: str) -> bool | None:
    listed = exempt.only(None)
    if not isinstance(listed, Seq) or listed.rest:
        return None
    for item in listed.items:
        pattern = item.only(None)
        if not isinstance(pattern, str) or len(pattern) > 200:
            return None
        try:
            if re.search(pattern, path.lstrip("/")):
                return True
        except re.error:
            return None
    return False


def _accepts(group: TargetGroup, code: int) -> bool:
    """Whether the target group takes a status for healthy, or may for all that is known."""
    text = group.codes.only(None)
    if not isinstance(text, str):
        return True
    for part in text.split(","):
        low, _, high = part.strip().partition("-")
        if low.isdigit() and (high or low).isdigit() and int(low) <= code <= int(high or low):
            return True
    return False


# --- who may answer before the URL patterns do


def _early_answer(system: System, process: Process, project: Project, path: str) -> Unknown | None:
    settings = project.settings
    if any(server.kind == "nginx" for server in process.servers):
        return Unknown("nginx runs in the same container", process.span)
    for name in ("FORCE_SCRIPT_NAME", "WHITENOISE_ROOT"):
        if not settings.get(name).is_absent:
            return Unknown(f"{name} changes what paths mean", settings.get(name).span)
    names = _middleware(project)
    if isinstance(names, Unknown):
        return names
    at = settings.get("MIDDLEWARE").span
    for name in names:
        if not name.startswith(_TRANSPARENT) and _may_answer(system, project, name, path):
            return Unknown(f"the middleware {name} may answer the health check", at)
    for server in process.servers:
        module = re.split(r"[:(]", server.application)[0]
        if (
            server.is_web
            and module
            and _mentions(system, project, module, path)
            and module != project.settings_module
        ):
            return Unknown(f"{module} may answer the health check", server.span)
    return None


def _may_answer(system: System, project: Project, name: str, path: str) -> bool:
    found = _source(system, project, name.rpartition(".")[0])
    return found is None or _speaks_of(found, path)


def _mentions(system: System, project: Project, module: str, path: str) -> bool:
    found = _source(system, project, module)
    return found is not None and _speaks_of(found, path)


def _source(system: System, project: Project, module: str) -> str | None:
    """The text of a module of the repository."""
    path = project.resolver.resolve(module, 0, "")
    if path is None or not path.endswith(".py"):
        return None
    try:
        return system.tree.text(path)
    except Refused:
        return None


def _speaks_of(text: str, path: str) -> bool:
    """Whether code looks at paths by itself: at this one, at anything about health, or at one that a setting names."""
    segments = [segment for segment in path.split("/") if segment]
    return any(segment in text for segment in segments) or bool(
        re.search(r"health|\.path\b|path_info|PATH_INFO|HttpResponse\(", text, re.IGNORECASE)
    )
