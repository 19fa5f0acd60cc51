"""Terraform's pure functions, on plain Python data. One that is not here makes its result unknown, never wrong."""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import io
import ipaddress
import json
import math
import re
import urllib.parse
import uuid
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from djaws.model.terraform.algebra import Unsupported, Wrong, bool_of, number_of, same, text_of, tidy

MAX_ITEMS = 10_000
MAX_TEXT = 1 << 18

PLAIN: dict[str, Callable[..., Any]] = {}


def _function(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            PLAIN[name] = function
        return function

    return register


def call(name: str, arguments: tuple[Any, ...]) -> Any:
    """The result of a function of `PLAIN`; `Wrong` where Terraform would refuse, `Unsupported` where this would not cope."""
    result = PLAIN[name](*arguments)
    if isinstance(result, str) and len(result) > MAX_TEXT:
        raise Unsupported("a text too large to follow")
    if isinstance(result, list | dict) and len(result) > MAX_ITEMS:
        raise Unsupported("a collection too large to follow")
    return result


def _items(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise Wrong("a list is required")
    return data


def _entries(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise Wrong("a map is required")
    return data


def _text(data: Any) -> str:
    return text_of(data)


# --- text


@_function("lower")
def lower(text: Any) -> str:
    return _text(text).lower()


@_function("upper")
def upper(text: Any) -> str:
    return _text(text).upper()


@_function("title")
def title(text: Any) -> str:
    return re.sub(r"(^|[^\w'])(\w)", lambda m: m[1] + m[2].upper(), _text(text))


@_function("trimspace")
def trimspace(text: Any) -> str:
    return _text(text).strip()


@_function("chomp")
def chomp(text: Any) -> str:
    return _text(text).rstrip("\r\n")


@_function("trim")
def trim(text: Any, cut: Any) -> str:
    return _text(text).strip(_text(cut))


@_function("trimprefix")
def trimprefix(text: Any, prefix: Any) -> str:
    return _text(text).removeprefix(_text(prefix))


@_function("trimsuffix")
def trimsuffix(text: Any, suffix: Any) -> str:
    return _text(text).removesuffix(_text(suffix))


@_function("startswith")
def startswith(text: Any, prefix: Any) -> bool:
    return _text(text).startswith(_text(prefix))


@_function("endswith")
def endswith(text: Any, suffix: Any) -> bool:
    return _text(text).endswith(_text(suffix))


@_function("strcontains")
def strcontains(text: Any, part: Any) -> bool:
    return _text(part) in _text(text)


@_function("strrev")
def strrev(text: Any) -> str:
    return _text(text)[::-1]


@_function("substr")
def substr(text: Any, offset: Any, length: Any) -> str:
    whole, start, size = _text(text), int(number_of(offset)), int(number_of(length))
    if start < 0:
        start = max(0, len(whole) + start)
    return whole[start:] if size < 0 else whole[start : start + size]


@_function("indent")
def indent(spaces: Any, text: Any) -> str:
    return _text(text).replace("\n", "\n" + " " * min(int(number_of(spaces)), 1000))


@_function("replace")
def replace(text: Any, old: Any, new: Any) -> str:
    whole, pattern, put = _text(text), _text(old), _text(new)
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        replacement = re.sub(r"\$\{?(\w+)\}?", r"\\g<\1>", put.replace("\\", "\\\\"))
        return _regex(pattern[1:-1]).sub(replacement, whole)
    return whole.replace(pattern, put)


def _regex(pattern: str) -> re.Pattern[str]:
    """RE2 and Python differ; what could be slow or mean something else is left alone."""
    if re.search(r"\\[pPQEzC]|\[\[:|\(\?[^:P)]|[+*}][+*?]*\)[+*{]", pattern):
        raise Unsupported("a regular expression that Python reads differently")
    try:
        return re.compile(pattern)
    except re.error as error:
        raise Unsupported(f"a regular expression that Python cannot read: {error}") from error


@_function("regex")
def regex(pattern: Any, text: Any) -> Any:
    found = _regex(_text(pattern)).search(_text(text))
    if found is None:
        raise Wrong("the pattern does not occur in the text")
    return _captures(found)


@_function("regexall")
def regexall(pattern: Any, text: Any) -> Any:
    return [_captures(found) for found in _regex(_text(pattern)).finditer(_text(text))]


def _captures(found: re.Match[str]) -> Any:
    if found.groupdict():
        return dict(found.groupdict())
    return list(found.groups()) if found.groups() else found.group()


_VERB = re.compile(r"%(?:%|(\[\d+\])?([-+# 0]*)(\d+)?(?:\.(\d+))?([vdstqxXbofeEgG#]))")


@_function("format")
def format_(pattern: Any, *arguments: Any) -> str:
    at = 0

    def one(found: re.Match[str]) -> str:
        nonlocal at
        if found[0] == "%%":
            return "%"
        if found[1]:
            at = int(found[1][1:-1]) - 1
        if not 0 <= at < len(arguments):
            raise Wrong("not enough arguments for the format")
        value = arguments[at]
        at += 1
        return _formatted(value, found[2], found[3], found[4], found[5])

    text = _text(pattern)
    if re.search(r"%(?!%)", _VERB.sub("", text)):
        raise Unsupported("a format that is not followed")
    return _VERB.sub(one, text)


def _formatted(value: Any, flags: str, width: str | None, precision: str | None, verb: str) -> str:
    if (width and int(width) > 1000) or (precision and int(precision) > 1000):
        raise Unsupported("a format that is not followed")
    if "#" in flags:
        raise Unsupported("a format that is not followed")
    if verb == "v":
        text = (
            "null"
            if value is None
            else _text(value)
            if not isinstance(value, list | dict)
            else jsonencode(value)
        )
    elif verb == "s":
        text = _text(value)
        text = text[: int(precision)] if precision else text
    elif verb == "q":
        text = json.dumps(_text(value), ensure_ascii=False)
    elif verb == "t":
        text = _text(bool_of(value))
    elif verb in "dxXbo":
        text = _integer(value, verb)
    else:
        text = f"{float(number_of(value)):.{precision or 6}{verb}}"
    return _padded(text, flags, int(width or 0), verb)


def _integer(value: Any, verb: str) -> str:
    whole = number_of(value)
    if isinstance(whole, float):
        raise Unsupported("a fraction formatted as an integer")
    return f"{whole:{verb}}"


def _padded(text: str, flags: str, width: int, verb: str) -> str:
    if "+" in flags and verb in "defgEG" and not text.startswith("-"):
        text = "+" + text
    if "-" in flags:
        return text.ljust(width)
    return text.zfill(width) if "0" in flags else text.rjust(width)


@_function("formatlist")
def formatlist(pattern: Any, *arguments: Any) -> list[str]:
    sizes = {len(argument) for argument in arguments if isinstance(argument, list)}
    if len(sizes) > 1:
        raise Wrong("lists of different lengths")
    count = sizes.pop() if sizes else 1
    return [
        format_(pattern, *(argument[i] if isinstance(argument, list) else argument for argument in arguments))
        for i in range(count)
    ]


@_function("join")
def join(separator: Any, *lists: Any) -> str:
    return _text(separator).join(_text(item) for items in lists for item in _items(items))


@_function("split")
def split(separator: Any, text: Any) -> list[str]:
    mark, whole = _text(separator), _text(text)
    return whole.split(mark) if mark else list(whole)


@_function("tostring")
def tostring(data: Any) -> Any:
    return None if data is None else _text(data)


@_function("tonumber")
def tonumber(data: Any) -> Any:
    return None if data is None else number_of(data)


@_function("tobool")
def tobool(data: Any) -> Any:
    return None if data is None else bool_of(data)


# --- numbers


@_function("abs")
def abs_(value: Any) -> Any:
    return abs(number_of(value))


@_function("ceil")
def ceil(value: Any) -> int:
    return math.ceil(number_of(value))


@_function("floor")
def floor(value: Any) -> int:
    return math.floor(number_of(value))


@_function("signum")
def signum(value: Any) -> int:
    number = number_of(value)
    return (number > 0) - (number < 0)


@_function("max")
def max_(*values: Any) -> Any:
    return max(number_of(value) for value in _some(values))


@_function("min")
def min_(*values: Any) -> Any:
    return min(number_of(value) for value in _some(values))


def _some(values: Any) -> Any:
    if not values:
        raise Wrong("at least one value is required")
    return values


@_function("sum")
def sum_(values: Any) -> Any:
    return tidy(sum(number_of(value) for value in _some(_items(values))))


@_function("pow")
def pow_(base: Any, exponent: Any) -> Any:
    return tidy(float(number_of(base)) ** float(number_of(exponent)))


@_function("log")
def log(value: Any, base: Any) -> Any:
    return tidy(math.log(number_of(value), number_of(base)))


@_function("parseint")
def parseint(text: Any, base: Any) -> int:
    return int(_text(text), int(number_of(base)))


# --- collections


@_function("chunklist")
def chunklist(items: Any, size: Any) -> list[Any]:
    step = int(number_of(size))
    if step < 1:
        raise Wrong("the size must be positive")
    return [_items(items)[i : i + step] for i in range(0, len(items), step)]


@_function("range")
def range_(*limits: Any) -> list[Any]:
    numbers = [number_of(limit) for limit in limits]
    if any(isinstance(number, float) for number in numbers) or not 1 <= len(numbers) <= 3:
        raise Unsupported("a range of fractions")
    start, stop = (0, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
    step = numbers[2] if len(numbers) == 3 else (1 if start <= stop else -1)
    if not step:
        raise Wrong("a step of zero")
    found = range(int(start), int(stop), int(step))
    if len(found) > MAX_ITEMS:
        raise Unsupported("a range too large to follow")
    return list(found)


@_function("matchkeys")
def matchkeys(values: Any, keys: Any, wanted: Any) -> list[Any]:
    return [
        value for value, key in zip(_items(values), _items(keys), strict=True) if _is_in(key, _items(wanted))
    ]


@_function("index")
def index(items: Any, wanted: Any) -> int:
    for at, item in enumerate(_items(items)):
        if same(item, wanted):
            return at
    raise Wrong("the item is not in the list")


def _is_in(item: Any, items: list[Any]) -> bool:
    return any(same(item, other) for other in items)


def unique(items: list[Any]) -> list[Any]:
    """Each item once, in order."""
    found: list[Any] = []
    seen: set[Any] = set()
    for item in items:
        if isinstance(item, str | int | float | bool):
            key = (type(item) if isinstance(item, bool | str) else float, item)
            if key not in seen:
                seen.add(key)
                found.append(item)
        elif not _is_in(item, found):
            found.append(item)
    return found


def as_set(items: list[Any]) -> list[Any]:
    """A set as a list in Terraform's order: texts sorted, numbers by size."""
    found = unique(items)
    if len({type(item) for item in found}) == 1 and isinstance(found[0], str | int | float):
        return sorted(found)
    texts = [item if isinstance(item, str) else None for item in found]
    if any(isinstance(item, str) for item in found) and all(
        item is not None or isinstance(other, int | float | bool)
        for item, other in zip(texts, found, strict=True)
    ):
        return sorted({_text(item) for item in found})
    return found


@_function("setunion")
def setunion(*sets: Any) -> list[Any]:
    return as_set([item for items in sets for item in _items(items)])


@_function("setintersection")
def setintersection(first: Any, *others: Any) -> list[Any]:
    return as_set([item for item in _items(first) if all(_is_in(item, _items(other)) for other in others)])


@_function("setsubtract")
def setsubtract(left: Any, right: Any) -> list[Any]:
    return as_set([item for item in _items(left) if not _is_in(item, _items(right))])


@_function("setsymmetricdifference")
def setsymmetricdifference(left: Any, right: Any) -> list[Any]:
    return as_set(setsubtract(left, right) + setsubtract(right, left))


@_function("sort")
def sort(items: Any) -> list[str]:
    return sorted(_text(item) for item in _items(items))


@_function("transpose")
def transpose(data: Any) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
    for key in sorted(_entries(data)):
        for value in _items(data[key]):
            found.setdefault(_text(value), []).append(key)
    return found


@_function("alltrue")
def alltrue(items: Any) -> bool:
    return all(item is not None and bool_of(item) for item in _items(items))


@_function("anytrue")
def anytrue(items: Any) -> bool:
    return any(item is not None and bool_of(item) for item in _items(items))


@_function("setproduct")
def setproduct(*sets: Any) -> list[Any]:
    if math.prod(len(_items(items)) for items in sets) > MAX_ITEMS:
        raise Unsupported("a collection too large to follow")
    return [list(chosen) for chosen in product(*sets)]


# --- encodings


@_function("jsonencode")
def jsonencode(data: Any) -> str:
    text = json.dumps(_json_ready(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for plain, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(plain, escaped)
    return text


def _json_ready(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _json_ready(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_json_ready(item) for item in data]
    return data


@_function("jsondecode")
def jsondecode(text: Any) -> Any:
    try:
        return _tidied(json.loads(_text(text)))
    except ValueError as error:
        raise Wrong(f"not JSON: {error}") from error


def _tidied(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _tidied(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_tidied(item) for item in data]
    return tidy(data) if isinstance(data, float) else data


@_function("yamldecode")
def yamldecode(text: Any) -> Any:
    import yaml

    from djaws.files import is_too_deep

    source = _text(text)
    if is_too_deep(source.encode("utf-8", "replace")) or "&" in source:
        raise Unsupported("YAML that is not followed")
    try:
        data = yaml.load(source, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError) as error:
        raise Wrong(f"not YAML: {str(error)[:80]}") from error
    return _plain_yaml(data)


def _plain_yaml(data: Any) -> Any:
    if isinstance(data, dict):
        if not all(isinstance(key, str) for key in data):
            raise Unsupported("YAML keys that are no text")
        return {key: _plain_yaml(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain_yaml(item) for item in data]
    if data is None or isinstance(data, str | bool | int | float):
        return _tidied(data)
    raise Unsupported("a YAML type that is not followed")


@_function("csvdecode")
def csvdecode(text: Any) -> list[Any]:
    rows = list(csv.DictReader(io.StringIO(_text(text))))
    if any(None in row or None in row.values() for row in rows):
        raise Wrong("a line with the wrong number of fields")
    return [dict(row) for row in rows]


@_function("base64encode")
def base64encode(text: Any) -> str:
    return base64.b64encode(_text(text).encode()).decode()


@_function("base64decode")
def base64decode(text: Any) -> str:
    try:
        return base64.b64decode(_text(text), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Wrong(f"not base64 text: {error}") from error


@_function("base64gzip")
def base64gzip(text: Any) -> str:
    raise Unsupported("compressed text")


@_function("urlencode")
def urlencode(text: Any) -> str:
    return urllib.parse.quote_plus(_text(text))


@_function("urldecode")
def urldecode(text: Any) -> str:
    return urllib.parse.unquote_plus(_text(text))


@_function("md5")
def md5(text: Any) -> str:
    return hashlib.md5(_text(text).encode(), usedforsecurity=False).hexdigest()


@_function("sha1")
def sha1(text: Any) -> str:
    return hashlib.sha1(_text(text).encode(), usedforsecurity=False).hexdigest()


@_function("sha256")
def sha256(text: Any) -> str:
    return hashlib.sha256(_text(text).encode()).hexdigest()


@_function("sha512")
def sha512(text: Any) -> str:
    return hashlib.sha512(_text(text).encode()).hexdigest()


@_function("base64sha256")
def base64sha256(text: Any) -> str:
    return base64.b64encode(hashlib.sha256(_text(text).encode()).digest()).decode()


@_function("base64sha512")
def base64sha512(text: Any) -> str:
    return base64.b64encode(hashlib.sha512(_text(text).encode()).digest()).decode()


@_function("crc32")
def crc32(text: Any) -> int:
    return zlib.crc32(_text(text).encode())


@_function("uuidv5")
def uuidv5(namespace: Any, name: Any) -> str:
    known = {
        "dns": uuid.NAMESPACE_DNS,
        "url": uuid.NAMESPACE_URL,
        "oid": uuid.NAMESPACE_OID,
        "x500": uuid.NAMESPACE_X500,
    }
    space = _text(namespace)
    return str(uuid.uuid5(known.get(space) or uuid.UUID(space), _text(name)))


# --- paths


@_function("basename")
def basename(path: Any) -> str:
    return _text(path).rstrip("/").rpartition("/")[2]


@_function("dirname")
def dirname(path: Any) -> str:
    head = _text(path).rpartition("/")[0]
    return head or ("/" if _text(path).startswith("/") else ".")


@_function("abspath", "pathexpand")
def abspath(path: Any) -> str:
    raise Unsupported("a path of the machine that applies it")


# --- time


@_function("timeadd")
def timeadd(stamp: Any, duration: Any) -> str:
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    text = _text(duration)
    parts = re.findall(r"(\d+(?:\.\d+)?)(h|ms|m|s)", text)
    if "".join(amount + unit for amount, unit in parts) != text.lstrip("+-"):
        raise Unsupported("a duration that is not followed")
    seconds = sum(float(amount) * units[unit] for amount, unit in parts) * (-1 if text.startswith("-") else 1)
    moment = datetime.fromisoformat(_text(stamp)) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


# --- networks


@_function("cidrsubnet")
def cidrsubnet(prefix: Any, bits: Any, number: Any) -> str:
    network = _network(prefix)
    length = network.prefixlen + int(number_of(bits))
    position = int(number_of(number))
    if not network.prefixlen <= length <= network.max_prefixlen or not 0 <= position < 1 << (
        length - network.prefixlen
    ):
        raise Wrong("the network has no such subnet")
    first = int(network.network_address) + (position << (network.max_prefixlen - length))
    return f"{type(network.network_address)(first)}/{length}"


@_function("cidrsubnets")
def cidrsubnets(prefix: Any, *bits: Any) -> list[str]:
    network = _network(prefix)
    at = int(network.network_address)
    found = []
    for more in bits:
        length = network.prefixlen + int(number_of(more))
        if length > network.max_prefixlen:
            raise Wrong("the network has no such subnet")
        size = 1 << (network.max_prefixlen - length)
        at = (at + size - 1) // size * size
        if at + size > int(network.network_address) + network.num_addresses:
            raise Wrong("the network has no such subnet")
        found.append(f"{type(network.network_address)(at)}/{length}")
        at += size
    return found


@_function("cidrhost")
def cidrhost(prefix: Any, number: Any) -> str:
    network = _network(prefix)
    position = int(number_of(number))
    if not -network.num_addresses <= position < network.num_addresses:
        raise Wrong("the network has no such host")
    return str(network[position])


@_function("cidrnetmask")
def cidrnetmask(prefix: Any) -> str:
    return str(_network(prefix).netmask)


def _network(prefix: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(_text(prefix), strict=False)
    except ValueError as error:
        raise Wrong(str(error)) from error
