"""Sites whose style sheets nobody serves."""

from __future__ import annotations

from djaws.model.deployed import Deployed
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy

from .model import backend, items, once, place, serving


@policy(
    "Nothing serves the static files in production",
    severity="low",
    confidence="medium",
    pillar="reliability",
    languages=("django",),
    advice=("A8.1",),
    source="Django: how to deploy static files",
)
def unserved_static_files(system: System) -> Verdicts:
    """The project uses `django.contrib.staticfiles`, runs in a container or function, and there is neither WhiteNoise, nor a storage that
    publishes them, nor an nginx, nor a `STATIC_URL` on another host, nor a distribution or bucket in the repository that could.

    Silent where anything of that is not known, and for APIs without the admin and without templates.

    ## Why

    `runserver` serves static files, gunicorn does not: the site works on every laptop and is without style in production.

    ## Fix: Django

        MIDDLEWARE = [
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            …
        ]
        STORAGES["staticfiles"] = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    elsewhere = (
        "aws_cloudfront_distribution",
        "AWS::CloudFront::Distribution",
        "aws_s3_bucket",
        "AWS::S3::Bucket",
    )
    if any(True for _ in system.of_type(*elsewhere)) or system.unresolved or system.pipeline.nginx:
        return
    for each in serving(system):
        process = each.process
        if process is None or process.origin not in ("ecs", "lambda", "app-runner"):
            continue
        if any(hop.kind in ("nginx", "unknown") for hop in process.hops) or not _needs_files(each):
            continue
        if _is_served(each):
            continue
        url = each.get("STATIC_URL")
        yield finding(
            place(each, url),
            "nothing serves the static files",
            subject="STATIC_URL",
            related=[(process.span, "it runs here")],
        )


def _needs_files(each: Deployed) -> bool:
    apps, unknown = items(each, "INSTALLED_APPS")
    names = {str(one.value) for one in apps}
    return (
        unknown is None
        and "django.contrib.staticfiles" in names
        and any(name.startswith("django.contrib.admin") for name in names)
    )


def _is_served(each: Deployed) -> bool:
    """Whether something serves them, or may."""
    middleware, unknown = items(each, "MIDDLEWARE")
    if unknown or any(
        "static" in str(one.value).lower() or "whitenoise" in str(one.value).lower() for one in middleware
    ):
        return True
    storage = backend(each, "staticfiles")
    if not storage.always(
        lambda path: isinstance(path, str) and path.startswith("django.contrib.staticfiles.")
    ):
        return True
    url = each.get("STATIC_URL")
    if not url.always(lambda text: text is None or (isinstance(text, str) and "//" not in text)):
        return True
    return (
        each.server is None
        or "static-map" in each.server.options
        or each.project.urls.answers("static/x") is not False
    )
