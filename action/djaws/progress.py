"""The progress display on a terminal: one line, on stderr, gone when the run is over."""

from __future__ import annotations

import threading

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from djaws.engines import Unit


class Progress:
    """A watcher that draws a bar while units run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bar: Bar | None = None

    def planned(self, total: int, cached: int) -> None:
        if total == cached:
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
        )
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task("analysing", total=total, completed=cached)
        self._bar.start()

    def done(self, unit: Unit, started: float, seconds: float, slot: int, ending: str) -> None:
        if self._bar is None:
            return
        with self._lock:
            self._bar.update(self._task, advance=1, description=unit.engine)
            if self._bar.finished:
                self._bar.stop()
