"""Which files are CloudFormation or SAM templates, told from their bytes: the process that asks parses no stranger's file.

A template is a mapping whose top-level key `Resources` holds a mapping with a resource in it: an entry whose `Type` is spelled
like one (`AWS::S3::Bucket`, `Custom::Thing`, `Alexa::ASK::Skill`, `Org::Service::Thing`, `Org::Service::Thing::MODULE`), or a
`Fn::Transform` or `Fn::ForEach`. Where `AWSTemplateFormatVersion` stands beside it, misspelled types do not matter.

That takes in what deploys like a template: conformance packs, fragments of registry modules, templates that CDK wrote. It leaves
out what only looks like one: CodeDeploy's AppSpec (its `Resources` is a list), `serverless.yml` (nested one level deeper),
parameter files, stack policies, resource schemas, state machines, and templates quoted in other documents.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from djaws.files import TEMPLATE_SUFFIXES

if TYPE_CHECKING:
    from djaws.files import Tree

_TYPE = rb"(?:Custom::[\w@:-]+|[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}::[A-Za-z0-9:]{2,200})"
_IS_TYPE = re.compile(_TYPE)
_REWRITES = (b"Fn::Transform", b"Fn::ForEach::")
_MIGHT_BE = re.compile(rb"Type[\"']?\s*:|Fn::(?:Transform|ForEach)")
_SAM = re.compile(rb"AWS::Serverless(?:-2016-10-31|::[A-Z])")
_BOM = b"\xef\xbb\xbf"

_PROLOGUE = re.compile(
    rb"(?:[ \t]*+(?:#[^\n]*+|%[^\n]*+|---[ \t]*+(?:#[^\n]*+)?)?\r?\n)*+(?:---[ \t]++)?( *+)(?=\S)"
)
_KEY = re.compile(
    rb"(?:\"[^\"\n]++\"|'[^'\n]++'|[^\s\"'#&*!|>%@`{}\[\],-][^\n:#]*+(?:::?[^\s:][^\n:#]*+)*+)[ \t]*+:(?:\s|\Z)"
)
_NEXT_DOCUMENT = re.compile(rb"^(?:---|\.\.\.)(?:\s|\Z)", re.MULTILINE)
_FENCE = re.compile(rb"^ {0,3}(?:```|~~~)", re.MULTILINE)
_LINE = re.compile(rb"^( *+)([^\s#])", re.MULTILINE)
_ADORNED = re.compile(rb"(?:[ \t]++(?:&[^\s]++|!!map))*+[ \t]*+(?:#[^\n]*+)?")
_TYPE_ENTRY = re.compile(rb"[\"']?Type[\"']?[ \t]*+:\s++(?:&\S++\s++)?[\"']?" + _TYPE)
_FLOW_VALUE = re.compile(rb"[^\n{]*?:[ \t]++(\{)")

_TOKEN = re.compile(
    rb"\"(?:[^\"\\]++|\\.)*+\""
    rb"|'(?:[^']++|'')*+'"
    rb"|[{}\[\]:,]"
    rb"|\#[^\n]*+"
    rb"|[^\s{}\[\],:\"'#](?:[^\s{}\[\],:]++|:(?![\s,{}\[\]]))*+",
    re.DOTALL,
)


def is_template(data: bytes) -> bool:
    """Whether these bytes, possibly only the beginning of a file, are a CloudFormation or SAM template."""
    if b"Resources" not in data or not _MIGHT_BE.search(data):
        return False
    start = _PROLOGUE.match(data.removeprefix(_BOM))
    if start is None:
        return False
    data = data.removeprefix(_BOM)
    if data[start.end() : start.end() + 1] == b"{":
        return _flow_holds_template(data, start.end(), 0)
    return _block_holds_template(data, start.end(), len(start[1]))


def is_sam(data: bytes) -> bool:
    """Whether a template names the SAM transform or a SAM resource."""
    return bool(_SAM.search(data)) and is_template(data)


def find_templates(tree: Tree) -> tuple[str, ...]:
    """The templates among the files, by name and content; also those that are refused for their size or depth."""
    return tuple(
        path
        for path in tree.with_suffix(*TEMPLATE_SUFFIXES)
        if tree.fact("template", path, _recognised) == b"1"
    )


def _recognised(data: bytes) -> bytes:
    return b"1" if is_template(data) else b"0"


# --- block style: what people write


def _block_holds_template(data: bytes, start: int, indent: int) -> bool:
    if not _KEY.match(data, start):
        return False
    following = _NEXT_DOCUMENT.search(data, start)
    end = following.start() if following else len(data)
    header = re.compile(rb"^ {%d}([\"']?)Resources\1[ \t]*+:(?=\s|\Z)" % indent, re.MULTILINE).search(
        data, start, end
    )
    if header is None or _FENCE.search(data, start, header.start()):
        return False
    adorned = _ADORNED.match(data, header.end())
    inside = adorned.end() if adorned else header.end()
    if data[inside : inside + 1] == b"{":
        return _flow_holds_template(data, inside, 1)
    if data[inside : inside + 1].strip():
        return False
    version = re.compile(rb"^ {%d}[\"']?AWSTemplateFormatVersion[\"']?[ \t]*+:" % indent, re.MULTILINE)
    return _block_holds_resource(data, inside, end, indent, bool(version.search(data, start, end)))


def _block_holds_resource(data: bytes, start: int, end: int, outer: int, has_version: bool) -> bool:
    """Whether the lines below the key `Resources`, which stands at indentation `outer`, begin a resource."""
    entry = attribute = -1
    for line in _LINE.finditer(data, start, end):
        indent = len(line[1])
        if indent <= outer:
            break
        if entry < 0:
            entry = indent
            if line[2] == b"-" or not _KEY.match(data, line.end(1)):
                return False
            if has_version:
                return True
        if indent == entry:
            attribute = -1
            if data.startswith(_REWRITES, line.end(1)) or data.startswith(_REWRITES, line.end(1) + 1):
                return True
            flow = _FLOW_VALUE.match(data, line.end(1))
            if flow and _flow_holds_template(data, flow.start(1), 2):
                return True
        elif attribute < 0:
            attribute = indent
        if indent == attribute and _TYPE_ENTRY.match(data, line.end(1)):
            return True
    return False


# --- flow style: JSON, and YAML written like it


def _flow_holds_template(data: bytes, start: int, level: int) -> bool:
    """Whether the mapping that opens at `start` holds a resource; `level` counts the mappings around it."""
    depth, lists = level, 0
    keys = [b"", b"Resources", b"", b""]
    last = b""
    is_value = has_version = has_entries = False
    for token in _TOKEN.finditer(data, start):
        text = token[0]
        if text in b"{[":
            depth += 1
            lists += text == b"["
            is_value = False
        elif text in b"]}":
            depth -= 1
            lists -= text == b"]"
            if depth <= level:
                break
        elif depth > 3 or lists:
            continue
        elif text == b":":
            is_value = True
            keys[depth] = last
            if depth == 1 and last == b"AWSTemplateFormatVersion":
                has_version = True
            elif depth == 2 and keys[1] == b"Resources":
                has_entries = True
                if last.startswith(_REWRITES):
                    return True
        elif text == b",":
            is_value = False
        elif text[:1] != b"#":
            last = text.strip(b"\"'")
            if (
                is_value
                and depth == 3
                and keys[3] == b"Type"
                and keys[1] == b"Resources"
                and _IS_TYPE.match(last)
            ):
                return True
    return has_version and has_entries
