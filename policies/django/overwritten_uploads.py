"""Uploads that replace others of the same name."""

from __future__ import annotations

from djaws.errors import Refused
from djaws.finding import Span
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from .model import backend, file_fields, is_s3, once, option, place, production


@policy(
    "Upload of the same name replaces the earlier one",
    severity="low",
    pillar="reliability",
    languages=("django",),
    advice=("A8.1",),
    source="django-storages: AWS_S3_FILE_OVERWRITE",
)
def overwritten_uploads(system: System) -> Verdicts:
    """The default storage is django-storages' S3 with `file_overwrite` on, as it is by default, and a model stores files under the
    name that the visitor gave (`upload_to` is a text, with or without a date).

    Silent when `upload_to` is a function, which may make names that differ, and without such fields. Undecided where the option is
    not known.

    ## Why

    Two visitors upload `invoice.pdf`, and the first one's row now leads to the second one's invoice. Django's own storage would have
    chosen another name.

    ## Fix: Django

        STORAGES = {"default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"file_overwrite": False}}}
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for each in production(system):
        storage = backend(each, "default")
        if not storage.always(lambda path: is_s3(path) and str(path).startswith("storages.")):
            continue
        named = [span for _, span in file_fields(system, each) if _is_named_by_visitor(system, span)]
        if not named:
            continue
        overwrite = option(each, "default", "file_overwrite", "AWS_S3_FILE_OVERWRITE")
        if overwrite.always(lambda data: data is None or data is True):
            yield finding(
                place(each, storage),
                "an upload replaces the earlier one of the same name",
                subject="STORAGES.default",
                related=[(named[0], "the visitor's name is kept here")],
            )
        elif overwrite.unknown:
            yield undecided(overwrite.unknown.span, overwrite.unknown.because)


def _is_named_by_visitor(system: System, span: Span) -> bool:
    """Whether the field's line gives `upload_to` as a text, or not at all, in one line."""
    try:
        lines = system.tree.text(span.path).split("\n")
    except Refused:
        return False
    line = lines[(span.line or 1) - 1] if (span.line or 1) <= len(lines) else ""
    has_whole_call = line.count("(") == line.count(")")
    after = line.partition("upload_to=")[2].strip()
    return (
        has_whole_call and "storage=" not in line and (after[:1] in ('"', "'") or (not after and "(" in line))
    )
