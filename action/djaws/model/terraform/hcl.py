"""Reads HCL with tree-sitter into the syntax tree. Broken parts are named, everything else is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import tree_sitter
import tree_sitter_hcl

from djaws.model.terraform.syntax import (
    Access,
    Attribute,
    Binary,
    Block,
    Body,
    Broken,
    Call,
    Conditional,
    ForExpr,
    GetAttr,
    Index,
    Literal,
    Name,
    Node,
    ObjectExpr,
    Parsed,
    Place,
    Source,
    Splat,
    Step,
    Template,
    TemplateFor,
    TemplateIf,
    TupleExpr,
    Unary,
)

_LANGUAGE = tree_sitter.Language(tree_sitter_hcl.language())
_OPERATORS = frozenset({"==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "&&", "||"})
_ESCAPE = re.compile(r"\\(?:([nrt\"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|([$%])\4(?=\{)")
_TEMPLATE_ESCAPE = re.compile(r"([$%])\1(?=\{)")
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_UNPARSABLE = "cannot be parsed"
#: Names a heredoc that wraps a bare template; no sane template has a line of it.
_WRAP = "DJAWS_TEMPLATE_END"
_TOP_LEVEL = re.compile(
    rb"(?:resource|data|variable|output|locals|module|provider|terraform|moved|import|check|removed|ephemeral)\b[^{]*\{"
)
#: `1e9` is valid, but the grammar wants `1.0e9`. Only where no quote stands before it on its line.
_EXPONENT = re.compile(rb"(?m)^([^\"\n]*?[=(\[,+\-*/?:<>\s])(\d+)([eE][+-]?\d+)\b")


def parse(text: str, origin: Place | None = None) -> Parsed:
    """The tree of a whole file. In a broken one each top-level block is read alone, so that one cannot swallow another."""
    data = text.replace("\r\n", "\n").encode("utf-8", "replace")
    parsed = _parse(data, 0, origin)
    if parsed.errors and _EXPONENT.search(data):
        for _ in range(10):
            data = _EXPONENT.sub(rb"\1\2.0\3", data)
        parsed = _parse(data, 0, origin)
    if not parsed.errors or origin is not None:
        return parsed
    pieces = [piece for line, chunk in _chunks(data, 0) for piece in _recovered(chunk, line)]
    return parsed if len(pieces) < 2 else _combined(pieces)


def _recovered(chunk: bytes, first_line: int) -> list[Parsed]:
    """A chunk of which nothing can be read is cut before every line that looks like the start of a block."""
    parsed = _parse(chunk, first_line)
    if not parsed.errors or parsed.body.blocks:
        return [parsed]
    return [_parse(piece, line) for line, piece in _chunks(chunk, first_line, after_blocks=False)]


def _parse(data: bytes, first_line: int, origin: Place | None = None) -> Parsed:
    return _Reader(data, first_line, origin).file(tree_sitter.Parser(_LANGUAGE).parse(data).root_node)


def _chunks(data: bytes, first_line: int, *, after_blocks: bool = True) -> Iterator[tuple[int, bytes]]:
    """The text cut before each line that starts a block (just after one that ended), with the lines before each piece."""
    start, start_line = 0, first_line
    ends_block = True
    at = 0
    for number_, line in enumerate(data.splitlines(keepends=True)):
        if (ends_block or not after_blocks) and at > start and _TOP_LEVEL.match(line):
            yield start_line, data[start:at]
            start, start_line = at, first_line + number_
        if line.strip() and not line.startswith((b"#", b"//")):
            ends_block = line.rstrip().endswith(b"}") and (
                line.startswith(b"}") or bool(_TOP_LEVEL.match(line))
            )
        at += len(line)
    yield start_line, data[start:]


def _combined(pieces: list[Parsed]) -> Parsed:
    attributes = {name: found for piece in pieces for name, found in piece.body.attributes.items()}
    blocks = tuple(block for piece in pieces for block in piece.body.blocks)
    return Parsed(Body(attributes, blocks), tuple(error for piece in pieces for error in piece.errors))


def parse_expression(text: str, origin: Place) -> Node:
    """The tree of one expression inside another text, such as a type constraint in a JSON string."""
    parsed = parse(f"x = {text}\n", origin)
    attribute = parsed.body.attributes.get("x")
    if attribute is None or parsed.errors:
        return Broken(origin, _UNPARSABLE)
    return attribute.value


def parse_template(text: str, origin: Place | None = None) -> Node:
    """The tree of a bare template: a JSON string or a template file, in which backslashes mean nothing."""
    at = origin or Place(Source(text), 0, len(text))
    if "${" not in text and "%{" not in text:
        return Literal(at, text)
    parsed = parse(f"x = <<{_WRAP}\n{text}\n{_WRAP}\n", at)
    attribute = parsed.body.attributes.get("x")
    if attribute is None or parsed.errors:
        return Broken(at, _UNPARSABLE)
    node = attribute.value
    if isinstance(node, Literal):
        return Literal(at, str(node.value)[:-1])
    assert isinstance(node, Template)
    return _without_last_newline(node)


def _without_last_newline(node: Template) -> Node:
    last = node.parts[-1] if node.parts else None
    if not (isinstance(last, Literal) and isinstance(last.value, str) and last.value.endswith("\n")):
        return node
    kept = last.value[:-1]
    parts = (*node.parts[:-1], Literal(last.place, kept)) if kept else node.parts[:-1]
    return Template(node.place, parts)


@dataclass(slots=True)
class _Piece:
    """A stretch of a template before nesting: a literal, an interpolation or one tag of a directive."""

    kind: str
    text: str = ""
    node: tree_sitter.Node | None = None
    strips_left: bool = False
    strips_right: bool = False


class _Reader:
    def __init__(self, data: bytes, first_line: int = 0, origin: Place | None = None) -> None:
        self.data = data
        self.first_line = first_line
        self.source = Source(data, first_line, origin)
        self.errors: dict[int, str] = {}
        self.expressions: dict[str, Callable[[tree_sitter.Node], Node]] = {
            "literal_value": self.literal,
            "template_expr": self.template,
            "variable_expr": self.name,
            "function_call": self.call,
            "collection_value": self.collection,
            "for_expr": self.comprehension,
            "conditional": self.conditional,
            "operation": self.operation,
            "expression": self.expression,
        }

    # --- structure

    def file(self, root: tree_sitter.Node) -> Parsed:
        bodies = [child for child in root.children if child.type == "body"]
        if root.type == "ERROR":
            body = self.body(root)
        else:
            for child in root.children:
                if child.type == "ERROR":
                    self.broken(child)
            body = self.body(bodies[0]) if bodies else Body()
        if root.has_error and not self.errors:
            self.errors[self.line(root)] = _UNPARSABLE
        return Parsed(body, tuple(sorted(self.errors.items())))

    def body(self, node: tree_sitter.Node) -> Body:
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        for child in node.children:
            kind = child.type
            if kind == "attribute":
                attribute = self.attribute(child)
                if attribute is not None:
                    attributes.setdefault(attribute.name, attribute)
            elif kind == "block":
                blocks.append(self.block(child))
            elif kind == "body":
                inner = self.body(child)
                blocks += inner.blocks
                for name, attribute in inner.attributes.items():
                    attributes.setdefault(name, attribute)
            elif kind == "ERROR" or child.is_missing:
                self.broken(child)
        return Body(attributes, tuple(blocks))

    def attribute(self, node: tree_sitter.Node) -> Attribute | None:
        children = node.children
        if not children or children[0].type != "identifier":
            self.broken(node)
            return None
        name = self.text(children[0])
        value = children[-1]
        if node.has_error or value.type != "expression":
            self.broken(node)
            return Attribute(name, Broken(self.place(node), _UNPARSABLE), self.place(node))
        return Attribute(name, self.expression(value), self.place(node))

    def block(self, node: tree_sitter.Node) -> Block:
        kind = ""
        labels: list[str] = []
        body = Body()
        for child in node.children:
            if child.type == "identifier":
                if kind:
                    labels.append(self.text(child))
                else:
                    kind = self.text(child)
            elif child.type == "string_lit":
                labels.append(self.string(child))
            elif child.type == "body":
                body = self.body(child)
            elif (
                child.type == "ERROR"
                or child.is_missing
                or (child.type in ("block_start", "block_end") and child.has_error)
            ):
                self.broken(child)
        return Block(kind, tuple(labels), body, self.place(node))

    def broken(self, node: tree_sitter.Node) -> None:
        self.errors.setdefault(self.line(node), _UNPARSABLE)

    def line(self, node: tree_sitter.Node) -> int:
        return self.first_line + int(node.start_point[0]) + 1

    # --- expressions

    def expression(self, node: tree_sitter.Node) -> Node:
        children = node.children
        if len(children) == 1:
            reader = self.expressions.get(children[0].type)
            if reader is not None:
                return reader(children[0])
        return self.sequence(children, node)

    def sequence(self, children: Sequence[tree_sitter.Node], owner: tree_sitter.Node) -> Node:
        """A primary, perhaps in parentheses, and the steps that follow it."""
        primary: Node | None = None
        steps: list[Step] = []
        for child in children:
            kind = child.type
            reader = self.expressions.get(kind)
            if reader is not None:
                primary = reader(child)
            elif kind in ("get_attr", "index", "splat"):
                steps += self.steps(child)
            elif kind == "ERROR" or child.is_missing:
                self.broken(child)
                return Broken(self.place(owner), _UNPARSABLE)
        if primary is None:
            self.broken(owner)
            return Broken(self.place(owner), _UNPARSABLE)
        if not steps:
            return primary
        place = self.place_between(children[0], children[-1])
        return Access(place, primary, tuple(steps))

    def steps(self, node: tree_sitter.Node) -> Iterator[Step]:
        if node.type == "get_attr":
            yield GetAttr(self.text(node.children[-1]))
        elif node.type == "index":
            yield Index(self.index_key(node.children[0]))
        elif node.type == "splat":
            yield from self.splat(node.children[0])

    def index_key(self, node: tree_sitter.Node) -> Node:
        if node.type == "legacy_index":
            text = self.text(node).lstrip(". \t\n")
            return Literal(self.place(node), int(text) if text.isdigit() else text)
        inner = [child for child in node.children if child.type == "expression"]
        return self.expression(inner[0]) if inner else Broken(self.place(node), _UNPARSABLE)

    def splat(self, node: tree_sitter.Node) -> Iterator[Step]:
        """`a[*]` takes every later step into each item; `a.*` only the attributes, until the first index."""
        inner = [step for child in node.children if child.is_named for step in self.steps(child)]
        if node.type == "full_splat":
            yield Splat(tuple(inner))
            return
        first_index = next((i for i, step in enumerate(inner) if not isinstance(step, GetAttr)), len(inner))
        yield Splat(tuple(inner[:first_index]))
        yield from inner[first_index:]

    def literal(self, node: tree_sitter.Node) -> Node:
        child = node.children[0]
        kind = child.type
        if kind == "string_lit":
            return Literal(self.place(node), self.string(node))
        text = self.text(child)
        if kind == "numeric_lit":
            return Literal(self.place(node), number(text))
        if kind == "bool_lit":
            return Literal(self.place(node), text == "true")
        return Literal(self.place(node), None)

    def name(self, node: tree_sitter.Node) -> Node:
        return Name(self.place(node), self.text(node))

    def call(self, node: tree_sitter.Node) -> Node:
        arguments: list[Node] = []
        expands = False
        for child in node.children:
            if child.type == "function_arguments":
                for inner in child.children:
                    if inner.type == "expression":
                        arguments.append(self.expression(inner))
                    elif inner.type == "ellipsis":
                        expands = True
        return Call(self.place(node), self.text(node.children[0]), tuple(arguments), expands)

    def collection(self, node: tree_sitter.Node) -> Node:
        child = node.children[0]
        if child.type == "tuple":
            items = tuple(self.expression(inner) for inner in child.children if inner.type == "expression")
            return TupleExpr(self.place(node), items)
        elements = tuple(self.element(inner) for inner in child.children if inner.type == "object_elem")
        return ObjectExpr(self.place(node), elements)

    def element(self, node: tree_sitter.Node) -> tuple[Node, Node]:
        key, value = (child for child in node.children if child.type == "expression")
        named = key.children[0] if len(key.children) == 1 else None
        if named is not None and named.type == "variable_expr":
            return Literal(self.place(named), self.text(named)), self.expression(value)
        return self.expression(key), self.expression(value)

    def comprehension(self, node: tree_sitter.Node) -> Node:
        form = node.children[0]
        intro = next(child for child in form.children if child.type == "for_intro")
        names, collection = self.intro(intro)
        condition: Node | None = None
        groups = False
        results: list[Node] = []
        for child in form.children:
            if child.type == "expression":
                results.append(self.expression(child))
            elif child.type == "ellipsis":
                groups = True
            elif child.type == "for_cond":
                condition = self.expression(next(c for c in child.children if c.type == "expression"))
        key = results[0] if form.type == "for_object_expr" else None
        return ForExpr(
            self.place(node),
            names[0] if len(names) > 1 else None,
            names[-1],
            collection,
            key,
            results[-1],
            condition,
            groups,
        )

    def intro(self, node: tree_sitter.Node) -> tuple[list[str], Node]:
        names = [self.text(child) for child in node.children if child.type == "identifier"]
        collection = next(child for child in node.children if child.type == "expression")
        return names, self.expression(collection)

    def conditional(self, node: tree_sitter.Node) -> Node:
        """The grammar nests `a ? b : c ? d : e` to the left, the language to the right."""
        links = self.links(node)
        result = links[-1]
        for at in range(len(links) - 3, -1, -2):
            result = Conditional(self.place(node), links[at], links[at + 1], result)
        return result

    def links(self, node: tree_sitter.Node) -> list[Node]:
        """Condition, value, condition, value, …, last value."""
        first, then, otherwise = (child for child in node.children if child.type == "expression")
        inner = first.children[0]
        chain = self.links(inner) if inner.type == "conditional" else [self.expression(first)]
        return [*chain, self.expression(then), self.expression(otherwise)]

    def operation(self, node: tree_sitter.Node) -> Node:
        inner = node.children[0]
        children = [child for child in inner.children if child.type != "comment"]
        if inner.type == "unary_operation":
            return Unary(self.place(node), children[0].type, self.sequence(children[1:], inner))
        at = next(i for i, child in enumerate(children) if child.type in _OPERATORS)
        left = self.sequence(children[:at], inner)
        right = self.sequence(children[at + 1 :], inner)
        return Binary(self.place(node), children[at].type, left, right)

    # --- templates

    def string(self, node: tree_sitter.Node) -> str:
        return unescape(self.slice(node.start_byte + 1, node.end_byte - 1))

    def template(self, node: tree_sitter.Node) -> Node:
        inner = node.children[0]
        if inner.type == "heredoc_template":
            pieces = self.heredoc(inner)
        else:
            end = inner.children[-1]
            pieces = list(
                self.pieces(inner.children[1:-1], inner.children[0].end_byte, end.start_byte, unescape)
            )
            _strip(pieces)
        nested = _Nesting(self, pieces).template(self.place(node))
        if all(isinstance(part, Literal) for part in nested.parts):
            return Literal(
                nested.place, "".join(str(part.value) for part in nested.parts if isinstance(part, Literal))
            )
        return nested

    def heredoc(self, node: tree_sitter.Node) -> list[_Piece]:
        marks = [child for child in node.children if child.type == "heredoc_identifier"]
        newline = self.data.find(b"\n", marks[0].end_byte)
        start = newline + 1 if newline >= 0 else marks[0].end_byte
        end = marks[-1].start_byte if len(marks) > 1 else node.end_byte
        end = max(start, self.data.rfind(b"\n", 0, end) + 1)
        inner = [child for child in node.children if child.start_byte >= start and child.end_byte <= end]
        pieces = list(_by_line(self.pieces(inner, start, end, unescape_template)))
        _strip(pieces)
        if node.children[0].type == "heredoc_start" and self.text(node.children[0]) == "<<-":
            _dedent(pieces)
        return pieces

    def pieces(
        self, children: Sequence[tree_sitter.Node], start: int, end: int, decode: Callable[[str], str]
    ) -> Iterator[_Piece]:
        """The grammar drops white space at the edges of literals, so these are what lies between the other nodes."""
        at = start
        for child in self.tags(children):
            if child.start_byte > at:
                yield _Piece("text", decode(self.slice(at, child.start_byte)))
            yield self.tag(child)
            at = child.end_byte
        if end > at:
            yield _Piece("text", decode(self.slice(at, end)))

    def tags(self, children: Sequence[tree_sitter.Node]) -> Iterator[tree_sitter.Node]:
        for child in children:
            if child.type in ("template_directive", "template_if", "template_for"):
                yield from self.tags(child.children)
            elif child.type in _TAGS:
                yield child

    def tag(self, node: tree_sitter.Node) -> _Piece:
        children = node.children
        return _Piece(
            _TAGS[node.type],
            node=node,
            strips_left=len(children) > 1 and children[1].type == "strip_marker",
            strips_right=len(children) > 1 and children[-2].type == "strip_marker",
        )

    # --- places

    def text(self, node: tree_sitter.Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def slice(self, start: int, end: int) -> str:
        return self.data[start:end].decode("utf-8", "replace")

    def place(self, node: tree_sitter.Node) -> Place:
        return Place(self.source, node.start_byte, node.end_byte)

    def place_between(self, first: tree_sitter.Node, last: tree_sitter.Node) -> Place:
        return Place(self.source, first.start_byte, last.end_byte)


_TAGS = {
    "template_interpolation": "value",
    "template_if_intro": "if",
    "template_else_intro": "else",
    "template_if_end": "endif",
    "template_for_start": "for",
    "template_for_end": "endfor",
}


class _Nesting:
    """Folds the flat pieces of a template into nested directives."""

    def __init__(self, reader: _Reader, pieces: list[_Piece]) -> None:
        self.reader = reader
        self.pieces = pieces
        self.at = 0

    def template(self, place: Place, *ends: str) -> Template:
        parts: list[Node] = []
        while self.at < len(self.pieces) and self.pieces[self.at].kind not in ends:
            piece = self.pieces[self.at]
            self.at += 1
            part = self.part(piece, place)
            if part is not None:
                parts.append(part)
        return Template(place, tuple(parts))

    def part(self, piece: _Piece, place: Place) -> Node | None:
        if piece.kind == "text":
            return Literal(place, piece.text) if piece.text else None
        assert piece.node is not None
        at = self.reader.place(piece.node)
        if piece.kind == "value":
            return self.value(piece.node)
        if piece.kind == "if":
            return self.conditional(piece.node, at)
        if piece.kind == "for":
            return self.loop(piece.node, at)
        return None

    def value(self, node: tree_sitter.Node) -> Node:
        inner = [child for child in node.children if child.type == "expression"]
        return self.reader.expression(inner[0]) if inner else Literal(self.reader.place(node), "")

    def conditional(self, node: tree_sitter.Node, place: Place) -> Node:
        condition = self.value(node)
        then = self.template(place, "else", "endif")
        otherwise = Template(place, ())
        if self.next_is("else"):
            self.at += 1
            otherwise = self.template(place, "endif")
        self.at += 1
        return TemplateIf(place, condition, then, otherwise)

    def loop(self, node: tree_sitter.Node, place: Place) -> Node:
        names, collection = self.reader.intro(node)
        body = self.template(place, "endfor")
        self.at += 1
        return TemplateFor(place, names[0] if len(names) > 1 else None, names[-1], collection, body)

    def next_is(self, kind: str) -> bool:
        return self.at < len(self.pieces) and self.pieces[self.at].kind == kind


def _strip(pieces: list[_Piece]) -> None:
    """`~` removes the white space of the literal next to it."""
    for index, piece in enumerate(pieces):
        if piece.strips_left and index and pieces[index - 1].kind == "text":
            pieces[index - 1].text = pieces[index - 1].text.rstrip()
        if piece.strips_right and index + 1 < len(pieces) and pieces[index + 1].kind == "text":
            pieces[index + 1].text = pieces[index + 1].text.lstrip()


def _by_line(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """In a heredoc each line's literal is one of its own: strip markers reach no further than theirs."""
    for piece in pieces:
        if piece.kind != "text":
            yield piece
            continue
        for line in _LINE.findall(piece.text):
            yield _Piece("text", line)


def _dedent(pieces: list[_Piece]) -> None:
    """`<<-` removes the indentation that all lines share, as HCL does: after strip markers, blank lines apart."""
    starts_line = True
    width: int | None = None
    firsts: list[_Piece] = []
    for piece in pieces:
        if starts_line:
            starts_line = False
            if piece.kind != "text":
                width = 0
            elif piece.text.strip() or not piece.text.endswith("\n"):
                indentation = len(piece.text) - len(piece.text.lstrip())
                width = indentation if width is None else min(width, indentation)
                firsts.append(piece)
        if piece.kind == "text" and piece.text.endswith("\n"):
            starts_line = True
    for piece in firsts:
        piece.text = piece.text[width or 0 :]


def number(text: str) -> int | float | None:
    """A numeric literal; whole numbers are ints however they are written."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        value = float(text)
    except ValueError:
        return None
    if value in (float("inf"), float("-inf")):
        return None
    return int(value) if value.is_integer() else value


def unescape(text: str) -> str:
    """The characters that a quoted literal stands for."""
    return _ESCAPE.sub(_unescaped, text) if "\\" in text or "{" in text else text


def _unescaped(found: re.Match[str]) -> str:
    simple, short, long, doubled = found.groups()
    if doubled:
        return str(doubled)
    if simple:
        return _SIMPLE[simple]
    code = int(short or long, 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "�"


def unescape_template(text: str) -> str:
    """The characters that a heredoc's literal stands for: only `$${` and `%%{` are special."""
    return _TEMPLATE_ESCAPE.sub(r"\1", text) if "{" in text else text
