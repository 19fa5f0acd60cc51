"""Uploads that stay in one container."""

from __future__ import annotations

from djaws.model.deployed import Deployed
from djaws.model.processes.containers import TASKS
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from .model import backend, file_fields, once, place, serving


@policy(
    "Uploads are stored on the container's disk",
    severity="high",
    pillar="reliability",
    languages=("django",),
    advice=("A8.1", "A5.2"),
    source="AWS Well-Architected REL11; Django: managing files",
)
def local_media(system: System) -> Verdicts:
    """The default storage of the production settings is the file system, a model has a `FileField` or `ImageField`, and the project
    runs in a container or function without a volume that lasts.

    Silent without such fields, for task definitions with an EFS or other named volume, for hosts, and where nothing says what runs
    the project. Undecided where the storage is not known.

    ## Why

    The picture is in the task that received it. The other tasks do not have it, and the next deployment deletes it.

    ## Fix: Django

        STORAGES = {
            "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": os.environ["MEDIA_BUCKET"]}},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
        }
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for each in serving(system):
        process = each.process
        if process is None or process.origin not in ("ecs", "lambda", "app-runner") or _has_volume(each):
            continue
        fields = file_fields(system, each)
        storage = backend(each, "default")
        if not fields:
            continue
        if storage.always(lambda path: isinstance(path, str) and path.endswith(".FileSystemStorage")):
            yield finding(
                place(each, storage),
                "uploads are stored on the disk of the container that receives them",
                subject="STORAGES.default",
                related=[(fields[0][1], f"{fields[0][0].name} holds files"), (process.span, "it runs here")],
            )
        elif storage.unknown:
            yield undecided(storage.unknown.span, storage.unknown.because)


def _has_volume(each: Deployed) -> bool:
    """Whether the task has a volume: which path it is mounted at is not asked."""
    resource = each.process.resource if each.process else None
    if resource is None:
        return True
    if resource.type in TASKS:
        return not resource.attr("volume" if resource.dialect == "terraform" else "Volumes").is_absent
    names = ("file_system_config",) if resource.dialect == "terraform" else ("FileSystemConfigs",)
    return any(not resource.attr(name).is_absent for name in names)
