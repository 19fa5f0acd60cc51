"""Runs units in worker processes: in parallel, within limits, in a clean environment, and never losing what did work."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from djaws.engines import Unit, engine
from djaws.finding import Output, UnitError
from djaws.worker import Request, Response

#: Seconds to start a worker, and seconds a megabyte of input, by engine: estimates (engines.md) that decide only the order.
_COST = {
    "checkov": (1.5, 6.0),
    "cfn-lint": (0.6, 10.0),
    "bandit": (0.3, 2.0),
    "django": (0.3, 1.0),
    "djaws": (0.3, 1.0),
}

#: No unit says this many bytes; a longer frame is something else than an answer.
MAX_ANSWER = 512 * 1024 * 1024

_ALLOWED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV")

Ending = Literal["ran", "failed", "timeout"]


@dataclass(frozen=True)
class Outcome:
    """How a unit ended; `output` holds whatever it gave, `started` is wall-clock time, `slot` the parallel lane it ran in."""

    ending: Ending
    output: Output
    seconds: float
    started: float = 0.0
    slot: int = 0
    #: The same content would end the same way; a crash or a time-out may not.
    is_repeatable: bool = True


@dataclass
class _Queue:
    """The units of one engine and pool that wait, the most expensive last."""

    engine: str
    pool: str
    units: list[Unit]
    batch: int

    @property
    def cost(self) -> float:
        return sum(estimate(unit) for unit in self.units)

    @property
    def startup(self) -> float:
        return _COST.get(self.engine, (0.5, 1.0))[0] + (2.0 if self.pool else 0.0)

    def take(self, slots: int) -> tuple[Unit, ...]:
        """The next batch: no larger than leaves work for the other slots."""
        size = max(1, min(self.batch, len(self.units) // (2 * slots)))
        taken = tuple(reversed(self.units[-size:]))
        del self.units[-size:]
        return taken


def estimate(unit: Unit) -> float:
    """Seconds that a unit may take: a guess from its size, good enough to put the longest first."""
    return 0.02 + _COST.get(unit.engine, (0.5, 1.0))[1] * unit.weight / 1e6


@dataclass
class Runner:
    """Runs units below `root`. `timeout` is seconds for one unit; `on_done` is told of each as it ends.

    `memory` is the cache folder in which our own models may remember what they read, None for none.
    """

    root: Path
    jobs: int
    timeout: float
    on_done: Callable[[Unit, Outcome], None]
    memory: Path | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _queues: list[_Queue] = field(default_factory=list)
    _workers: set[_Worker] = field(default_factory=set)
    _stopped: bool = False
    _failure: BaseException | None = None

    def run(self, units: Iterable[Unit]) -> None:
        """Blocks until every unit has ended. On an interrupt all workers are ended before it propagates."""
        self._queues = _queues(units)
        waiting = sum(len(queue.units) for queue in self._queues)
        if not waiting:
            return
        with tempfile.TemporaryDirectory(prefix="djaws-", ignore_cleanup_errors=True) as home:
            slots = max(1, min(self.jobs, waiting))
            threads = [
                threading.Thread(target=self._serve, args=(slot, slots, Path(home)), daemon=True)
                for slot in range(slots)
            ]
            for thread in threads:
                thread.start()
            try:
                for thread in threads:
                    while thread.is_alive():
                        thread.join(0.2)
            except BaseException:
                self._stop()
                raise
        if self._failure:
            raise self._failure

    def _stop(self) -> None:
        with self._lock:
            self._stopped = True
            for worker in self._workers:
                worker.end()

    def _serve(self, slot: int, slots: int, home: Path) -> None:
        worker: _Worker | None = None
        try:
            while not self._stopped:
                picked = self._pick(worker, slots)
                if picked is None:
                    break
                queue, batch = picked
                if worker is None or not worker.serves(queue):
                    self._retire(worker)
                    worker = self._hire(queue, home)
                worker = self._work(worker, batch, queue, slot, home)
        except BaseException as error:  # a slot must not die silently: the run would look complete
            self._failure = error
            self._stop()
        finally:
            self._retire(worker)

    def _pick(self, worker: _Worker | None, slots: int) -> tuple[_Queue, tuple[Unit, ...]] | None:
        """Work for a slot: more for the worker it has, else the engine with the most to do.

        A second worker for an engine must save more than the import costs.
        """
        with self._lock:
            open_queues = [queue for queue in self._queues if queue.units]
            mine = next((queue for queue in open_queues if worker and worker.serves(queue)), None)
            served = {(other.engine, other.pool) for other in self._workers}
            fresh = [q for q in open_queues if (q.engine, q.pool) not in served or q.cost > 2 * q.startup]
            queue = mine or max(fresh, key=lambda q: q.cost + q.startup, default=None)
            return (queue, queue.take(slots)) if queue else None

    def _hire(self, queue: _Queue, home: Path) -> _Worker:
        worker = _Worker(queue.engine, queue.pool, home, self.memory)
        with self._lock:
            self._workers.add(worker)
        return worker

    def _retire(self, worker: _Worker | None) -> None:
        if worker is not None:
            with self._lock:
                self._workers.discard(worker)
            worker.end()

    def _work(
        self, worker: _Worker, batch: tuple[Unit, ...], queue: _Queue, slot: int, home: Path
    ) -> _Worker | None:
        """Has a batch done; when it fails as a whole, each of its units alone."""
        started = time.time()
        try:
            response = worker.ask(str(self.root), batch, self.timeout)
        except _Ended as ended:
            self._retire(worker)
            if self._stopped:
                return None
            if len(batch) == 1:
                self._fail(batch[0], ended, started, slot)
                return None
            replacement: _Worker | None = None
            for unit in batch:
                replacement = replacement or self._hire(queue, home)
                replacement = self._work(replacement, (unit,), queue, slot, home)
            return replacement
        share = response.seconds / max(1, len(batch))
        at = started
        for unit, output in zip(batch, response.outputs, strict=True):
            ending: Ending = "failed" if output.errors else "ran"
            self.on_done(unit, Outcome(ending, output, share, at, slot))
            at += share
        return worker

    def _fail(self, unit: Unit, ended: _Ended, started: float, slot: int) -> None:
        error = UnitError(unit.id, ended.because)
        ending: Ending = "timeout" if ended.timed_out else "failed"
        self.on_done(
            unit, Outcome(ending, Output(errors=(error,)), time.time() - started, started, slot, False)
        )


def _queues(units: Iterable[Unit]) -> list[_Queue]:
    grouped: dict[tuple[str, str], list[Unit]] = {}
    for unit in units:
        grouped.setdefault((unit.engine, unit.pool), []).append(unit)
    return [
        _Queue(name, pool, sorted(members, key=lambda unit: (unit.weight, unit.id)), engine(name).BATCH)
        for (name, pool), members in grouped.items()
    ]


# --- one worker


class _Ended(Exception):
    def __init__(self, because: str, *, timed_out: bool = False) -> None:
        super().__init__(because)
        self.because = because
        self.timed_out = timed_out


class _Worker:
    """A child process that serves one engine, and everything it has started."""

    def __init__(self, engine_name: str, pool: str, home: Path, memory: Path | None) -> None:
        self.engine = engine_name
        self.pool = pool
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "djaws.worker", engine_name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=home,
            env={**clean_environment(home), **({"DJAWS_CACHE_DIR": str(memory)} if memory else {})},
            start_new_session=True,
        )

    def serves(self, queue: _Queue) -> bool:
        return (self.engine, self.pool) == (queue.engine, queue.pool)

    def ask(self, root: str, units: tuple[Unit, ...], timeout: float) -> Response:
        """The worker's answer. `_Ended` when it crashes, prints rubbish, or does not answer in time: it is ended then."""
        data = msgspec.msgpack.encode(Request(root, units))
        deadline = time.monotonic() + timeout
        try:
            assert self._process.stdin
            self._process.stdin.write(struct.pack(">I", len(data)) + data)
            self._process.stdin.flush()
            size = struct.unpack(">I", self._read(4, deadline))[0]
            if size > MAX_ANSWER:
                raise struct.error(f"an answer of {size} bytes")
            response = msgspec.msgpack.decode(self._read(size, deadline), type=Response)
        except TimeoutError as error:
            self.end()
            raise _Ended(f"no answer within {timeout:g} s", timed_out=True) from error
        except (OSError, EOFError) as error:
            self.end()
            raise _Ended(self._last_words()) from error
        except (msgspec.MsgspecError, struct.error) as error:
            self.end()
            raise _Ended(f"the worker answered nonsense: {error}") from error
        if len(response.outputs) != len(units):
            self.end()
            raise _Ended(f"the worker answered {len(response.outputs)} of {len(units)} units")
        return response

    def _read(self, size: int, deadline: float) -> bytes:
        assert self._process.stdout
        descriptor = self._process.stdout.fileno()
        parts = bytearray()
        while len(parts) < size:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError
            part = os.read(descriptor, min(1 << 20, size - len(parts)))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    def _last_words(self) -> str:
        code = self._process.wait()
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - 4000))
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        how = f"ended by signal {-code}" if code < 0 else f"exit code {code}"
        return f"the worker crashed ({how}){': ' + lines[-1][:300] if lines else ''}"

    def end(self) -> None:
        """Ends the process and everything it has started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()


def clean_environment(home: Path, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of every child: an allow-list, a home of its own, and a fixed hash seed."""
    source = os.environ if inherited is None else inherited
    kept = {name: source[name] for name in _ALLOWED if name in source}
    package_parent = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if package_parent in source.get("PYTHONPATH", "").split(os.pathsep):
        kept["PYTHONPATH"] = package_parent
    return {
        **kept,
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "CHECKOV_PARALLELIZATION_TYPE": "NONE",
        "LOG_LEVEL": "ERROR",
        "NO_COLOR": "1",
    }


def is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
