"""Text of strangers, made harmless for where it is shown."""

from __future__ import annotations

import re
from urllib.parse import quote

import msgspec

#: Controls, line and paragraph separators, marks that reorder text, half characters: whatever makes a reader see another text.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_HALF = re.compile("[\ud800-\udfff]")
_COMMAND = re.compile(r"##(\w*)\[")
_LEADING = re.compile(r"^([^\S\n]*)::", re.MULTILINE)
_ODD_BYTE = re.compile(r"\\x([89a-f][0-9a-f])")


def visible(text: str) -> str:
    """`text` on one line, with each control character and each character that hides or reorders others spelled out (`\\x1b`)."""
    return _INVISIBLE.sub(lambda found: _spelled(found[0]), text)


def visible_code(text: str) -> str:
    """A line of code made visible, its tabs as four blanks."""
    return visible(text.rstrip("\r\n").replace("\t", "    "))


def flat(text: str) -> str:
    """`text` as one visible line, runs of white space as one blank: for messages, which an engine may have broken into lines."""
    return visible(" ".join(text.split()))


def whole(text: str) -> str:
    """`text` without half characters (lone surrogates), which no UTF-8 can hold."""
    return _HALF.sub(lambda found: _spelled(found[0]), text)


def _spelled(character: str) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character) or (
        f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}"
    )


def defused(text: str) -> str:
    """Output in which no line is a command to a build runner: neither `##[…]`, `##vso[…]` anywhere nor a leading `::`."""
    return _LEADING.sub(r"\1: :", unbracketed(text))


def unbracketed(text: str) -> str:
    """`text` without the older form of a runner's commands, `##[…]`, which counts anywhere in a line."""
    return _COMMAND.sub(r"## \1[", text)


def place(path: str, line: int | None) -> str:
    """`path:line` made visible, the path alone for a file as a whole."""
    return visible(f"{path}:{line}" if line else path)


def clipped(text: str, length: int) -> str:
    """`text` cut to at most `length` characters, with an ellipsis where something was cut."""
    return text if len(text) <= length else text[: max(length - 1, 0)].rstrip() + "…"


def uri(path: str) -> str:
    """A shown path as a relative URI reference; `\\xNN` becomes the byte it stands for."""
    parts = _ODD_BYTE.split(whole(path))
    quoted = [f"%{part.upper()}" if index % 2 else quote(part, safe="/~") for index, part in enumerate(parts)]
    return "".join(quoted)


def json_text(value: object, indent: int = 2) -> str:
    """`value` as JSON (keys as they come), never with a half character or a build runner's command in it."""
    try:
        data = msgspec.json.encode(value)
    except UnicodeEncodeError:
        data = msgspec.json.encode(_whole(msgspec.to_builtins(value)))
    text = (msgspec.json.format(data, indent=indent) if indent else data).decode()
    return _COMMAND.sub(r"#\\u0023\1[", text)


def _whole(value: object) -> object:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {whole(key): _whole(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(item) for item in value]
    return value
