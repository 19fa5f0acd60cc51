"""A worker: the child process in which one engine's library is imported and strangers' files are parsed.

Started as `python -P -m djaws.worker ENGINE`. Frames travel over standard input and a private copy of standard output: four
bytes of length (big endian), then MessagePack. Whatever the engine itself prints goes to standard error.
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import time
import traceback
from typing import BinaryIO

import msgspec

from djaws.engines import Unit, driver
from djaws.files import real
from djaws.finding import Finding, Output, UnitError, text_hash

#: Address space of a worker. A parser that wants more is being attacked.
MAX_ADDRESS_SPACE = 6 * 1024**3


class Request(msgspec.Struct, frozen=True):
    root: str
    units: tuple[Unit, ...]


class Response(msgspec.Struct, frozen=True):
    outputs: tuple[Output, ...]
    seconds: float


def send(stream: BinaryIO, message: msgspec.Struct) -> None:
    data = msgspec.msgpack.encode(message)
    stream.write(struct.pack(">I", len(data)) + data)
    stream.flush()


def main() -> None:
    name = sys.argv[1]
    _limit_memory()
    requests, responses = _streams()
    engine = driver(name)
    decoder = msgspec.msgpack.Decoder(Request)
    while header := requests.read(4):
        request = decoder.decode(requests.read(struct.unpack(">I", header)[0]))
        started = time.perf_counter()
        try:
            outputs = tuple(engine.run(request.root, request.units))
        except Exception as error:
            if len(request.units) > 1:
                raise  # the parent sees the worker end and tries the units one by one
            outputs = (Output(errors=(UnitError(request.units[0].id, cause(error)),)),)
        outputs = tuple(_with_text(output, request.root) for output in outputs)
        send(responses, Response(outputs, time.perf_counter() - started))


def cause(error: BaseException) -> str:
    """One line that names an exception and where it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {str(error)[:300]}{where}".replace("\n", " ")


def _streams() -> tuple[BinaryIO, BinaryIO]:
    private = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    requests = os.fdopen(os.dup(0), "rb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    return requests, private


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_ADDRESS_SPACE, MAX_ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _with_text(output: Output, root: str) -> Output:
    """The output with each finding's line text hashed into it."""
    if not output.findings:
        return output
    lines: dict[str, list[str]] = {}
    return msgspec.structs.replace(
        output, findings=tuple(_hashed(finding, root, lines) for finding in output.findings)
    )


def _hashed(finding: Finding, root: str, lines: dict[str, list[str]]) -> Finding:
    span = finding.location.span
    if span.line is None:
        return finding
    if span.path not in lines:
        lines[span.path] = _lines(os.path.join(root, span.path))
    text = lines[span.path][span.line - 1] if 0 < span.line <= len(lines[span.path]) else ""
    return msgspec.structs.replace(finding, text_hash=text_hash(text))


def _lines(file: str) -> list[str]:
    for name in dict.fromkeys((file, real(file))):
        with contextlib.suppress(OSError), open(name, encoding="utf-8", errors="replace") as stream:
            return stream.read().split("\n")
    return []


if __name__ == "__main__":
    main()
