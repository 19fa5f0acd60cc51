"""Shell scripts as the commands they run: words with their variables, and the conditions each command depends on.

Best effort over POSIX shell and the usual bash: quoting, `$X`, `${X:-default}`, `$(…)`, here-documents, `if`, `case`, loops,
functions, `&&`, `||`, `;`, pipes, comments. What it cannot follow it keeps as text; it never raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from djaws.finding import Span
from djaws.model.value import Unknown, Value, combine


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name` or `${name<operator>word}`; `operator` is `:-`, `-`, `:=`, `:+`, … and `word` the text after it."""

    name: str
    operator: str = ""
    word: str = ""

    def __str__(self) -> str:
        return f"${{{self.name}{self.operator}{self.word}}}" if self.operator else f"${self.name}"


@dataclass(frozen=True, slots=True)
class Substitution:
    """`$(…)`, backticks or `$((…))`: known only when it runs."""

    text: str

    def __str__(self) -> str:
        return f"$({self.text})"


Part = str | Variable | Substitution
Lookup = Callable[[str], Value[str | None]]


@dataclass(frozen=True, slots=True)
class Word:
    """One word. `is_quoted` says that some of it stood in quotes, so that it never splits or vanishes."""

    parts: tuple[Part, ...]
    line: int
    is_quoted: bool = False

    def __str__(self) -> str:
        return "".join(map(str, self.parts))

    @property
    def literal(self) -> str | None:
        """The text, None when any of it is known only when it runs."""
        if any(not isinstance(part, str) for part in self.parts):
            return None
        return "".join(part for part in self.parts if isinstance(part, str))

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.parts if isinstance(part, Variable))

    def expand(self, lookup: Lookup, span: Span) -> Value[str]:
        """What the word can be. `lookup` says what a variable can be: absent when it is unset."""
        if self.literal is not None:
            return Value.of(self.literal, span)
        values = [_expanded(part, lookup, span) for part in self.parts]
        joined: Value[str] = combine(lambda *texts: "".join(texts), *values, span=span)
        if joined.unknown and not joined.unknown.parts:
            parts = tuple(part if isinstance(part, str) else None for part in self.parts)
            joined = Value(joined.alternatives, replace(joined.unknown, parts=parts))
        return joined


def _expanded(part: Part, lookup: Lookup, span: Span) -> Value[str]:
    if isinstance(part, str):
        return Value.of(part, span)
    if isinstance(part, Substitution):
        return Value.not_known(f"`{str(part)[:60]}` is known when it runs", span)
    return _defaulted(part, lookup(part.name), lookup, span)


def _defaulted(part: Variable, value: Value[str | None], lookup: Lookup, span: Span) -> Value[str]:
    if part.operator in ("", "?", ":?"):
        return value.map(lambda text: "" if text is None else str(text))
    other = word(part.word, span.line or 0).expand(lookup, span)
    counts_empty = part.operator.startswith(":")

    def chosen(text: str | None) -> Value[str]:
        is_set = text is not None and (text != "" or not counts_empty)
        if part.operator.endswith("+"):
            return other if is_set else Value.of("", span)
        return Value.of(str(text), span) if is_set else other

    if part.operator in (":-", "-", ":=", "=", ":+", "+"):
        return value.bind(chosen)
    return Value((), Unknown(f"`{part}` is computed by the shell", span))


def word(text: str, line: int) -> Word:
    """A text that the shell would take for one word."""
    parts, is_quoted = _Lexer(text, line).parts_until_end()
    return Word(parts, line, is_quoted)


@dataclass(frozen=True, slots=True)
class Condition:
    """What a command depends on: the text of a test and whether it must hold. `words` are those of a simple test."""

    text: str
    holds: bool
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command.

    `function` is the shell function around it, `in_loop` says that it may run any number of times. `may_fail` is one whose
    failure is ignored (`… || true`), `is_fallback` runs only when the command before it fails (`… || this`).
    """

    words: tuple[Word, ...]
    line: int
    assignments: tuple[tuple[str, Word], ...] = ()
    conditions: tuple[Condition, ...] = ()
    function: str = ""
    in_loop: bool = False
    is_piped: bool = False
    is_background: bool = False
    is_fallback: bool = False
    may_fail: bool = False

    @property
    def text(self) -> str:
        return " ".join(map(str, self.words))

    @property
    def name(self) -> str:
        """The program's file name (`gunicorn` of `/app/bin/gunicorn`), empty when a variable names it."""
        literal = self.words[0].literal if self.words else None
        return literal.rpartition("/")[2] if literal else ""

    @property
    def literals(self) -> tuple[str, ...]:
        """The words as text, variables as written."""
        return tuple(map(str, self.words))


_OPERATORS = ("&&", "||", ";;&", ";;", ";&", "|&", "|", "&", ";", "(", ")", "\n")
_REDIRECT = re.compile(r"\d*(?:&>>|&>|>>|>\||>&|<&|<<<|<>|>|<)")
_HEREDOC = re.compile(r"\d*<<(-?)[ \t]*(?:'([^'\n]+)'|\"([^\"\n]+)\"|\\?([^\s<>|&;()]+))")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=")
_BRACED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!]+)(:-|:=|:\?|:\+|-|=|\?|\+)?(.*)", re.DOTALL)


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    line: int
    word: Word | None = None


class _Lexer:
    """Tokens of a script. A position and a line are all its state."""

    def __init__(self, text: str, line: int = 1) -> None:
        self.text = text
        self.at = 0
        self.line = line
        self.heredocs: list[tuple[str, bool]] = []

    def tokens(self) -> Iterator[_Token]:
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in " \t\r":
                self.at += 1
            elif self.text.startswith("\\\n", self.at) or self.text.startswith("\\\r\n", self.at):
                self.at = self.text.index("\n", self.at) + 1
                self.line += 1
            elif char == "#":
                self.at = self._end_of_line()
            elif char == "\n":
                yield _Token("operator", "\n", self.line)
                self.at += 1
                self.line += 1
                self._skip_heredocs()
            elif (heredoc := _HEREDOC.match(self.text, self.at)) and not self.text.startswith("<<<", self.at):
                self.heredocs.append((next(filter(None, heredoc.groups()[1:])), bool(heredoc[1])))
                self.at = heredoc.end()
            elif redirect := _REDIRECT.match(self.text, self.at):
                self.at = redirect.end()
                self._skip_target()
            elif operator := next((each for each in _OPERATORS if self.text.startswith(each, self.at)), ""):
                yield _Token("operator", operator, self.line)
                self.at += len(operator)
            else:
                yield self._word()

    def _end_of_line(self) -> int:
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end

    def _skip_heredocs(self) -> None:
        for marker, is_indented in self.heredocs:
            while self.at < len(self.text):
                end = self._end_of_line()
                body = self.text[self.at : end]
                self.at = min(end + 1, len(self.text))
                self.line += 1
                if (body.strip("\t") if is_indented else body).rstrip("\r") == marker:
                    break
        self.heredocs.clear()

    def _skip_target(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1
        if self.at < len(self.text) and self.text[self.at] not in "\n;|&<>()":
            self._word()

    def _word(self) -> _Token:
        line = self.line
        start = self.at
        parts, is_quoted = self._parts(" \t\r\n;|&<>()")
        if self.at == start:
            self.at += 1
        return _Token("word", self.text[start : self.at], line, Word(parts, line, is_quoted))

    def parts_until_end(self) -> tuple[tuple[Part, ...], bool]:
        return self._parts("")

    def _parts(self, stops: str) -> tuple[tuple[Part, ...], bool]:
        parts: list[Part] = []
        is_quoted = False
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "\\":
                self._escape(parts)
            elif char == "'":
                is_quoted = True
                self._single(parts)
            elif char == '"':
                is_quoted = True
                self._double(parts)
            elif char in "$`":
                self._dollar(parts)
            elif char == "(" and parts and isinstance(parts[-1], str) and parts[-1].endswith("=") and stops:
                end = _closing(self.text, self.at, "(", ")")
                self._take(parts, Substitution(self.text[self.at : end]), end)
            elif char in stops:
                break
            else:
                _add(parts, char)
                self.line += char == "\n"
                self.at += 1
        return tuple(parts), is_quoted

    def _escape(self, parts: list[Part]) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if following == "\n":
            self.line += 1
        else:
            _add(parts, following)
        self.at += 2

    def _single(self, parts: list[Part]) -> None:
        end = self.text.find("'", self.at + 1)
        end = len(self.text) if end < 0 else end
        body = self.text[self.at + 1 : end]
        self.line += body.count("\n")
        _add(parts, body)
        self.at = end + 1

    def _double(self, parts: list[Part]) -> None:
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] != '"':
            char = self.text[self.at]
            if char == "\\" and self.text[self.at + 1 : self.at + 2] in ('"', "\\", "$", "`", "\n"):
                self._escape(parts)
            elif char in "$`":
                self._dollar(parts)
            else:
                _add(parts, char)
                self.line += char == "\n"
                self.at += 1
        self.at += 1

    def _dollar(self, parts: list[Part]) -> None:
        text, at = self.text, self.at
        if text[at] == "`":
            end = text.find("`", at + 1)
            end = len(text) if end < 0 else end
            self._take(parts, Substitution(text[at + 1 : end]), end + 1)
        elif text.startswith("$(", at):
            end = _closing(text, at + 1, "(", ")")
            self._take(parts, Substitution(text[at + 2 : end - 1]), end)
        elif text.startswith("${{", at):
            end = text.find("}}", at)
            end = len(text) if end < 0 else end + 2
            self._take(parts, Substitution(text[at:end]), end)
        elif text.startswith("${", at):
            end = _closing(text, at + 1, "{", "}")
            self._take(parts, _braced(text[at + 2 : end - 1]), end)
        elif found := _NAME.match(text, at + 1):
            self._take(parts, Variable(found[0]), found.end())
        else:
            _add(parts, "$")
            self.at += 1

    def _take(self, parts: list[Part], part: Part, end: int) -> None:
        self.line += self.text.count("\n", self.at, end)
        parts.append(part)
        self.at = end


def _add(parts: list[Part], text: str) -> None:
    if parts and isinstance(parts[-1], str):
        parts[-1] += text
    else:
        parts.append(text)


def _closing(text: str, start: int, opener: str, closer: str) -> int:
    """One past the bracket that closes the one at `start`; quotes are skipped."""
    depth, at = 0, start
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif char in "'\"":
            end = text.find(char, at + 1)
            at = len(text) if end < 0 else end
        elif char == opener:
            depth += 1
        elif char == closer:
            depth -= 1
            if not depth:
                return at + 1
        at += 1
    return len(text)


def _braced(body: str) -> Part:
    found = _BRACED.fullmatch(body)
    if found is None:
        return Substitution(body)
    if found[2] is None and found[3]:
        return Substitution(f"{{{body}}}")
    return Variable(found[1], found[2] or "", found[3] or "")


# --- from tokens to commands


@dataclass(slots=True)
class _Block:
    """An open `if`, `case`, loop, function or group."""

    kind: str
    conditions: tuple[Condition, ...] = ()
    pending: list[_Token] = field(default_factory=list)
    is_collecting: bool = False
    subject: str = ""
    function: str = ""


#: A command nested under more tests than this keeps the innermost.
_MOST_CONDITIONS = 32
_OPENING = {"if", "while", "until", "for", "select", "case", "{", "function"}
_SKIPPED = {"then", "do", "!", "time", "elif", "else", "fi", "done", "esac", "}", *_OPENING}


def commands(text: str, line: int = 1) -> tuple[Command, ...]:
    """The commands of a script, in order. `line` is the number of its first line."""
    return tuple(_Parser(text, line).parse())


class _Parser:
    def __init__(self, text: str, line: int) -> None:
        self.tokens = list(_Lexer(text, line).tokens())
        self.at = 0
        self.blocks: list[_Block] = []
        self.found: list[Command] = []
        self.chain: tuple[Condition, ...] = ()
        self.is_fallback = False
        self.functions: set[str] = set()

    def parse(self) -> list[Command]:
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.kind == "operator":
                self._operator(token)
            elif token.text in _SKIPPED and token.word and not token.word.is_quoted:
                self._keyword(token)
            elif self._is_pattern():
                self._pattern()
            elif self._is_function(token):
                self._open_function(token.text)
            else:
                self._command()
        return self.found

    # --- structure

    def _operator(self, token: _Token) -> None:
        self.at += 1
        if token.text in ("\n", ";", "&", ";;", ";&", ";;&", ")", "("):
            self.chain, self.is_fallback = (), False
        if token.text in (";;", ";&", ";;&") and self.blocks and self.blocks[-1].kind == "case":
            self.blocks[-1].is_collecting = True
        if token.text in ("&&", "||") and self.found:
            self._joined(token.text)

    def _joined(self, operator: str) -> None:
        last = self.found[-1]
        is_test = last.name in ("[", "[[", "test") or last.name in self.functions
        if is_test:
            self.chain = (*self.chain, Condition(last.text, operator == "&&", last.words))[-_MOST_CONDITIONS:]
        elif operator == "||":
            self.is_fallback = True
            following = self.tokens[self.at : self.at + 1]
            if following and following[0].text in ("true", ":"):
                self.found[-1] = replace(last, may_fail=True)
        else:
            self.is_fallback = False

    def _keyword(self, token: _Token) -> None:
        self.at += 1
        self.chain, self.is_fallback = (), False
        word = token.text
        if word == "if":
            self.blocks.append(_Block("if", is_collecting=True))
        elif word in ("while", "until"):
            self.blocks.append(_Block("loop", is_collecting=True))
        elif word in ("for", "select"):
            self.blocks.append(_Block("loop"))
            self._skip_to("do")
        elif word == "case":
            subject = self.tokens[self.at].text if self.at < len(self.tokens) else ""
            self.blocks.append(_Block("case", subject=subject))
            self._skip_to("in")
            self.blocks[-1].is_collecting = True
        elif word == "{":
            if not (self.blocks and self.blocks[-1].kind == "function" and not self.blocks[-1].is_collecting):
                self.blocks.append(_Block("group"))
            else:
                self.blocks[-1].is_collecting = True
        elif word == "function":
            name = self.tokens[self.at].text if self.at < len(self.tokens) else ""
            self.at += 1
            self._open_function(name)
        elif word in ("then", "elif", "else", "do"):
            self._branch(word)
        elif word in ("fi", "done", "esac", "}"):
            self._close(
                {"fi": ("if",), "done": ("loop",), "esac": ("case",), "}": ("group", "function")}[word]
            )

    def _open_function(self, name: str) -> None:
        self.functions.add(name)
        self.blocks.append(_Block("function", function=name))
        self._skip_parentheses()

    def _branch(self, word: str) -> None:
        block = self.blocks[-1] if self.blocks else None
        if block is None or block.kind not in ("if", "loop"):
            return
        if word == "then":
            block.conditions = (*block.conditions, _condition(block.pending))[-_MOST_CONDITIONS:]
            block.is_collecting = False
            block.pending = []
        elif word in ("elif", "else") and block.conditions:
            last = block.conditions[-1]
            block.conditions = (*block.conditions[:-1], replace(last, holds=not last.holds))
            block.is_collecting = word == "elif"
        elif word == "do":
            block.is_collecting = False

    def _close(self, kinds: tuple[str, ...]) -> None:
        for index in range(len(self.blocks) - 1, -1, -1):
            if self.blocks[index].kind in kinds:
                del self.blocks[index:]
                return

    def _skip_to(self, word: str) -> None:
        while self.at < len(self.tokens) and self.tokens[self.at].text != word:
            self.at += 1
        self.at += 1

    def _is_function(self, token: _Token) -> bool:
        following = self.tokens[self.at + 1 : self.at + 3]
        return (
            re.fullmatch(r"[\w-]+", token.text) is not None
            and [each.text for each in following] == ["(", ")"]
            and all(each.kind == "operator" for each in following)
        )

    def _skip_parentheses(self) -> None:
        while self.at < len(self.tokens) and self.tokens[self.at].text != "{":
            if self.tokens[self.at].text not in ("(", ")", "\n") and self.tokens[self.at].kind == "operator":
                return
            self.at += 1

    def _is_pattern(self) -> bool:
        return bool(self.blocks) and self.blocks[-1].kind == "case" and self.blocks[-1].is_collecting

    def _pattern(self) -> None:
        start = self.at
        while self.at < len(self.tokens) and self.tokens[self.at].text != ")":
            self.at += 1
        pattern = "".join(token.text for token in self.tokens[start : self.at])
        self.at += 1
        block = self.blocks[-1]
        block.is_collecting = False
        before = tuple(replace(each, holds=False) for each in block.conditions)[-_MOST_CONDITIONS:]
        block.conditions = (
            before if pattern == "*" else (*before, Condition(f"{block.subject} is {pattern}", True))
        )

    # --- simple commands

    def _command(self) -> None:
        first = self.tokens[self.at]
        words: list[Word] = []
        tokens: list[_Token] = []
        while self.at < len(self.tokens) and self.tokens[self.at].kind == "word":
            token = self.tokens[self.at]
            tokens.append(token)
            words.append(token.word or Word((token.text,), token.line))
            self.at += 1
        end = self.tokens[self.at].text if self.at < len(self.tokens) else "\n"
        assignments = _assignments(words)
        previous = self.tokens[self.at - len(tokens) - 1].text if self.at > len(tokens) else ""
        command = Command(
            tuple(words[len(assignments) :]),
            first.line,
            assignments,
            (*(each for block in self.blocks for each in block.conditions), *self.chain),
            next((block.function for block in reversed(self.blocks) if block.function), ""),
            any(block.kind == "loop" for block in self.blocks),
            end in ("|", "|&") or previous in ("|", "|&"),
            end == "&",
            self.is_fallback,
        )
        self.found.append(command)
        if self.blocks and self.blocks[-1].kind == "if" and self.blocks[-1].is_collecting:
            self.blocks[-1].pending += tokens


def _condition(tokens: list[_Token]) -> Condition:
    words = tuple(token.word for token in tokens if token.word)
    return Condition(" ".join(token.text for token in tokens), True, words)


def _assignments(words: list[Word]) -> tuple[tuple[str, Word], ...]:
    found: list[tuple[str, Word]] = []
    for word in words:
        head = word.parts[0] if word.parts and isinstance(word.parts[0], str) else ""
        match = _ASSIGNMENT.match(head)
        if match is None:
            break
        rest: tuple[Part, ...] = (head[match.end() :], *word.parts[1:])
        found.append((match[1], Word(tuple(part for part in rest if part != ""), word.line, word.is_quoted)))
    return tuple(found)
