"""What the Django projects of a repository are: their settings, where they are deployed from, their URLs.

Names are loaded when they are first asked for: planning needs none of the evaluator.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from djaws.model.django.project import Project, Requirement, projects
    from djaws.model.django.settings import EnvRead, Setting, Settings, evaluate
    from djaws.model.django.urls import Pattern, Urls

__all__ = [
    "EnvRead",
    "Pattern",
    "Project",
    "Requirement",
    "Setting",
    "Settings",
    "Urls",
    "evaluate",
    "projects",
]

_HOMES = {
    "Project": "project",
    "Requirement": "project",
    "projects": "project",
    "Pattern": "urls",
    "Urls": "urls",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'settings')}"), name)
