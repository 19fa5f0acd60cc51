"""SARIF with every finding, suppressed ones marked as such: for archives and auditors, never for upload."""

from __future__ import annotations

from djaws.render import Options
from djaws.render.escaping import json_text
from djaws.render.sarif import document
from djaws.report import Report, prominence


def render(report: Report, options: Options) -> str:
    return json_text(document(report, sorted(report.judged, key=prominence), options)) + "\n"
