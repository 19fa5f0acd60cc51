"""What the Django projects of a repository are: their settings, where they are deployed from, their URLs."""

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
