"""The report for programs: `wire.Document` as JSON."""

from __future__ import annotations

from djaws.render import Options
from djaws.render.escaping import json_text
from djaws.render.wire import to_struct
from djaws.report import Report


def render(report: Report, options: Options) -> str:
    return json_text(to_struct(report)) + "\n"
