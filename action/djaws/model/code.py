"""What one Python file says on its own: imports, constants, calls, settings and environment reads, tasks, migrations.

Facts of a file depend on nothing but its path and its bytes, so that they can be cached and joined later. Names are
resolved as far as the file itself allows: `flag_is_active` after `from waffle import flag_is_active` is
`waffle.flag_is_active`, a variable that holds a call's answer is that call (`boto3.Session().client`), and what is defined
here carries the file's module (`shop.flags.is_on`). Nothing is imported or executed.

The screen: a file is parsed only when `SCREEN` finds one of its words, because parsing is what costs. It asks for anything
that talks to settings, the environment, flags, AWS, HTTP, Celery, models, migrations or enums. A file without such a word
still can call a home-made function whose name says nothing: whoever knows such names passes them as `words`, and whoever
follows a name into a file that was left out calls `parse`.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

import msgspec

from djaws.errors import Refused
from djaws.files import Tree, is_test
from djaws.finding import Span, Undecided

SCREEN = re.compile(
    rb"settings|environ|getenv|boto|waffle|flag|switch|toggle|feature|variation|celery|shared_task|\btask\b|dramatiq|"
    rb"migrations|models|requests|httpx|urllib|aiohttp|openfeature|unleash|launchdarkly|ldclient|gargoyle|appconfig|"
    rb"\bconfig\(|\benv\(|\benv\.|Enum|TextChoices|subprocess|opentelemetry|xray|ddtrace|newrelic|sentry|redis|psycopg|"
    rb"AKIA|ASIA|aws_|AWS_|https?://|permission_classes|INSTALLED_APPS",
    re.IGNORECASE,
)

OperandKind = Literal["text", "constant", "name", "parameter", "pattern", "call", "item", "list", "dynamic"]


class Operand(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an argument is, as far as its own file says.

    | kind | `texts` |
    |---|---|
    | text | every literal it may be (branches, loops over literals, local variables) |
    | constant | the `repr` of a number, a bool or None |
    | name | the dotted name it refers to (`shop.flags.Flag.NEW`, `self.flag`) |
    | parameter | the parameter's name; `owner` is the function that has it |
    | pattern | the literal text with `{}` for each hole (`beta_{}`) |
    | call | the function whose answer it is |
    | item | what is looped over (`waffle.models.Switch.objects.all()`) |
    | list | the literal texts of a list; `owner` is "open" when it holds anything else |
    | dynamic | the source text |
    """

    kind: OperandKind
    texts: tuple[str, ...] = ()
    owner: str = ""

    @property
    def text(self) -> str:
        """The only text, or an empty string when there are several."""
        return self.texts[0] if len(self.texts) == 1 else ""


class Import(msgspec.Struct, frozen=True, omit_defaults=True):
    """`import module as alias` (no `name`), `from module import name as alias`; relative ones are made absolute."""

    module: str
    line: int
    name: str = ""
    alias: str = ""

    @property
    def target(self) -> str:
        return f"{self.module}.{self.name}" if self.name else self.module


class Constant(msgspec.Struct, frozen=True, omit_defaults=True):
    """A module's or class's string constant: `FLAG`, `Flag.NEW`, `FLAGS[new]`."""

    name: str
    texts: tuple[str, ...]
    line: int


class Assignment(msgspec.Struct, frozen=True, omit_defaults=True):
    """An upper-case name set in a module or class body. `boolean` says how it can be seen to be one, if at all."""

    name: str
    line: int
    boolean: str = ""
    default: str = ""


class SettingRead(msgspec.Struct, frozen=True, omit_defaults=True):
    """`settings.NAME`, `getattr(settings, "NAME", default)`, `hasattr`, `override_settings(NAME=…)`."""

    name: str
    line: int
    form: Literal["attribute", "getattr", "hasattr", "override"] = "attribute"
    default: Operand | None = None
    scope: str = ""
    at_import: bool = False


class EnvironmentRead(msgspec.Struct, frozen=True, omit_defaults=True):
    """A read of an environment variable. `reader` is the function (`os.environ.get`, `environ.Env().bool`, `decouple.config`)."""

    name: str
    line: int
    reader: str
    default: Operand | None = None
    scope: str = ""


class Call(msgspec.Struct, frozen=True, omit_defaults=True):
    """A call, decorator use or `functools.partial` of a function with a resolvable name.

    `scope` is the innermost function or class around it. `at_import` says that no function defers it and no
    `TYPE_CHECKING` or `__main__` guard prevents it. A decorator written without parentheses has no arguments. The keyword `**`
    stands for those that are unpacked, `defaults[x]` for the entry `x` of a dictionary given as `defaults`.
    """

    callee: str
    line: int
    end_line: int = 0
    arguments: tuple[Operand, ...] = ()
    keywords: dict[str, Operand] = {}
    scope: str = ""
    at_import: bool = False
    form: Literal["call", "decorator", "partial"] = "call"

    @property
    def name(self) -> str:
        """The last part of the callee."""
        return self.callee.rpartition(".")[2]

    def argument(self, position: int | None, *keywords: str) -> Operand | None:
        """The argument given by keyword, else at `position`."""
        for keyword in keywords:
            if keyword in self.keywords:
                return self.keywords[keyword]
        if position is not None and position < len(self.arguments):
            return self.arguments[position]
        return None


class Function(msgspec.Struct, frozen=True, omit_defaults=True):
    """A function or method. `name` is qualified within the file (`View.get`); `parameters` hold `self` too."""

    name: str
    line: int
    parameters: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    is_method: bool = False
    is_async: bool = False


class Class(msgspec.Struct, frozen=True, omit_defaults=True):
    """A class. `stored` maps attributes to the `__init__` parameter that they keep."""

    name: str
    line: int
    bases: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    stored: dict[str, str] = {}


class Task(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Celery task with the options given where it is declared."""

    name: str
    line: int
    declared_by: str
    options: dict[str, Operand] = {}


class Operation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A migration operation. `state_only` is one that never reaches the database."""

    kind: str
    line: int
    model: str = ""
    field: str = ""
    keywords: dict[str, Operand] = {}
    state_only: bool = False


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    type: str
    line: int


class Model(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    line: int
    fields: tuple[Field, ...] = ()


class SyntaxFault(msgspec.Struct, frozen=True):
    """Why a file could not be parsed."""

    because: str
    line: int | None = None


class CodeFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that is known of one file. `is_parsed` is false when the screen left it out or it has a `fault`."""

    path: str
    module: str = ""
    is_test: bool = False
    is_migration: bool = False
    is_settings: bool = False
    is_parsed: bool = False
    fault: SyntaxFault | None = None
    imports: tuple[Import, ...] = ()
    constants: tuple[Constant, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    aliases: dict[str, str] = {}
    setting_reads: tuple[SettingRead, ...] = ()
    environment_reads: tuple[EnvironmentRead, ...] = ()
    calls: tuple[Call, ...] = ()
    functions: tuple[Function, ...] = ()
    classes: tuple[Class, ...] = ()
    tasks: tuple[Task, ...] = ()
    operations: tuple[Operation, ...] = ()
    models: tuple[Model, ...] = ()
    #: Of settings files only: the names that are loaded, and all texts of one line.
    names: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def span(self, line: int | None, end_line: int | None = None) -> Span:
        return Span(self.path, line, end_line or None)

    def calls_to(self, *callees: str) -> Iterator[Call]:
        """The calls of any of these fully qualified functions."""
        return (call for call in self.calls if call.callee in callees)

    def does_import(self, *packages: str) -> bool:
        """Whether the file imports one of these packages or anything in them."""
        roots = tuple(package + "." for package in packages)
        return any(each.target in packages or each.target.startswith(roots) for each in self.imports)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(CodeFacts)


def load(tree: Tree, words: Iterable[str] = ()) -> dict[str, CodeFacts]:
    """Facts of every Python file of the tree, by path. A file that must not be read has a fault."""
    wanted = tuple(words)
    return {path: _read(tree, path, wanted) for path in tree.with_suffix(".py")}


def undecided(facts_by_path: dict[str, CodeFacts]) -> tuple[Undecided, ...]:
    """An entry for every file that could not be parsed."""
    return tuple(
        Undecided("gate/unparsable-file", facts.span(facts.fault.line), facts.fault.because)
        for facts in facts_by_path.values()
        if facts.fault
    )


def _read(tree: Tree, path: str, words: tuple[str, ...]) -> CodeFacts:
    if tree.remember is None:
        return _fresh(tree, path, words)
    name = f"code:{path}:{','.join(words)}"
    stored = tree.remember(name, tree.digest(path), lambda: _ENCODER.encode(_fresh(tree, path, words)))
    return _DECODER.decode(stored)


def _fresh(tree: Tree, path: str, words: tuple[str, ...]) -> CodeFacts:
    try:
        return facts(path, tree.read(path), words)
    except Refused as refused:
        return CodeFacts(fault=SyntaxFault(refused.because, refused.line), **_kind(path, b""))


def facts(path: str, data: bytes, words: Iterable[str] = ()) -> CodeFacts:
    """What the file says. `words` are further names worth parsing a file for."""
    if SCREEN.search(data) or any(word.encode() in data for word in words):
        return parse(path, data)
    return CodeFacts(**_kind(path, data))


def parse(path: str, data: bytes) -> CodeFacts:
    """What the file says, whatever the screen thinks of it."""
    kind = _kind(path, data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(data, path)
        return _Reader(module, kind).read()
    except SyntaxError as error:
        return CodeFacts(fault=SyntaxFault(f"not Python: {error.msg}", error.lineno or None), **kind)
    except ValueError as error:
        return CodeFacts(fault=SyntaxFault(f"not Python: {error}"), **kind)
    except (RecursionError, MemoryError):
        return CodeFacts(fault=SyntaxFault("nested too deeply"), **kind)


def module_name(path: str) -> str:
    """The dotted module of a path, from the repository's top: `src/shop/__init__.py` is `src.shop`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class _Kind(TypedDict):
    """The fields of `CodeFacts` that need no parsing."""

    path: str
    module: str
    is_test: bool
    is_migration: bool
    is_settings: bool


def _kind(path: str, data: bytes) -> _Kind:
    return _Kind(
        path=path,
        module=module_name(path),
        is_test=is_test(path),
        is_migration="/migrations/" in f"/{path}" and not path.endswith("__init__.py"),
        is_settings=_is_settings(path, data),
    )


def _is_settings(path: str, data: bytes) -> bool:
    name = path.rpartition("/")[2]
    if (
        re.search(r"(^|[_/])(settings|local_settings|production_settings)(_\w+)?\.py$", path)
        or "/settings/" in f"/{path}"
    ):
        return True
    return b"INSTALLED_APPS" in data and b"override_settings" not in data and not name.startswith("test")


# --- the reader


@dataclass(slots=True)
class _Scope:
    """One module, class or function while it is read: what its names mean.

    `names` are dotted meanings, `values` what was assigned as operands, `rows` literal collections that a loop may take apart.
    """

    kind: Literal["module", "class", "function"]
    name: str = ""
    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, list[Operand]] = field(default_factory=dict)
    rows: dict[str, ast.expr] = field(default_factory=dict)
    parameters: frozenset[str] = frozenset()


#: Concatenations of more parts than this are no names.
_LONGEST_SPINE = 20
#: Longer dotted names come from calls chained in a loop; nothing asks for them.
_LONGEST_NAME = 240
_QUIET = (
    "logging.",
    "typing.",
    "django.utils.translation.",
    "gettext.",
    "copy.",
    "re.",
    "datetime.",
    "decimal.",
)
#: Methods that matter whatever object they are called on.
_METHODS = frozenset(
    [
        "variation",
        "variation_detail",
        "migration_variation",
        "is_enabled",
        "get_variant",
        "is_feature_enabled",
        "get_feature_value",
        "get_flag",
        "get_boolean_value",
        "get_boolean_details",
        "get_string_value",
        "get_string_details",
        "get_integer_value",
        "get_integer_details",
        "get_float_value",
        "get_float_details",
        "get_object_value",
        "get_object_details",
        "evaluate",
        "is_active",
        "flag_is_active",
        "get_latest_configuration",
        "start_configuration_session",
        "get_configuration",
        "client",
        "resource",
        "get_model",
        "create",
        "get_or_create",
        "update_or_create",
        "add_periodic_task",
    ]
)
_TASK_DECORATORS = frozenset({"shared_task", "task", "periodic_task", "actor"})
_NOT_TASKS = ("invoke.", "locust.", "airflow.", "prefect.", "fabric.", "luigi.")
_ENVIRON_READERS = frozenset(
    {"os.environ.get", "os.getenv", "os.environ.pop", "os.environ.setdefault", "os.environb.get"}
)
_READER_NAMES = frozenset(
    {"env", "config", "getenv", "get_env", "get_env_variable", "get_env_value", "env_var"}
)
_TYPED_READERS = frozenset(
    {
        "bool",
        "str",
        "int",
        "list",
        "tuple",
        "dict",
        "url",
        "db",
        "db_url",
        "cache",
        "cache_url",
        "json",
        "float",
    }
    | {"path", "email_url", "search_url"}
)
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_BOOLEAN_READERS = re.compile(
    r"(^|\.)(bool|boolean|strtobool|str2bool|str_to_bool|to_bool|parse_bool|get_bool|env_bool|bool_env)$"
)
_FIELD_TYPE = re.compile(r"(Field|ForeignKey|OneToOneField|ManyToManyField)$")
_SETTINGS = "django.conf.settings"
#: The callee of a read of a setting whose name is no literal: `getattr(settings, f"FEATURE_{name}")`.
SETTING_BY_NAME = f"{_SETTINGS}.__getattr__"

_SKIPPED_FIELDS = frozenset(
    {
        "ctx",
        "op",
        "ops",
        "attr",
        "id",
        "lineno",
        "annotation",
        "returns",
        "type_comment",
        "type_params",
        "kind",
        "name",
        "level",
    }
)
_CHILDREN: dict[type[ast.AST], tuple[str, ...]] = {
    kind: tuple(name for name in kind._fields if name not in _SKIPPED_FIELDS)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}


class _Reader:
    """One walk over a file's tree."""

    def __init__(self, tree: ast.Module, kind: _Kind) -> None:
        self.tree = tree
        self.kind = kind
        self.module = kind["module"]
        self.package = self.module if kind["path"].endswith("__init__.py") else self.module.rpartition(".")[0]
        self.scopes = [_Scope("module")]
        self.deferred = 0
        self.guarded = 0
        self.state_only = 0
        self.substituting = 0
        self.imports: list[Import] = []
        self.constants: dict[str, Constant] = {}
        self.assignments: list[Assignment] = []
        self.setting_reads: list[SettingRead] = []
        self.environment_reads: list[EnvironmentRead] = []
        self.calls: list[Call] = []
        self.functions: list[Function] = []
        self.classes: dict[str, Class] = {}
        self.tasks: list[Task] = []
        self.operations: list[Operation] = []
        self.models: list[Model] = []
        self.loaded: set[str] = set()
        #: What `self.attribute` of a class holds, by `Class.attribute`.
        self.held: dict[str, str] = {}
        self.handlers: dict[type[ast.AST], Callable[[Any], None]] = {
            ast.Import: self._import,
            ast.ImportFrom: self._import,
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated,
            ast.AugAssign: self._augmented,
            ast.NamedExpr: self._named,
            ast.FunctionDef: self._function,
            ast.AsyncFunctionDef: self._function,
            ast.Lambda: self._lambda,
            ast.ClassDef: self._class,
            ast.Call: self._call,
            ast.Attribute: self._attribute,
            ast.Subscript: self._subscript,
            ast.Compare: self._compare,
            ast.If: self._if,
            ast.For: self._for,
            ast.AsyncFor: self._for,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.ListComp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.DictComp: self._comprehension,
            ast.BinOp: self._chain,
            ast.ExceptHandler: self._handler,
            ast.Constant: _nothing,
        }
        self.texts: set[str] = set()
        self.handlers[ast.Name] = self._name if kind["is_settings"] else _nothing
        if kind["is_settings"]:
            self.handlers[ast.Constant] = self._text

    def read(self) -> CodeFacts:
        self._declare(self.tree.body)
        self._visit_all(self.tree.body)
        own = {name: f"{self.module}.{name}" for name in self.scopes[0].names}
        return CodeFacts(
            **self.kind,
            is_parsed=True,
            imports=tuple(self.imports),
            constants=tuple(self.constants.values()),
            assignments=tuple(self.assignments),
            aliases={name: target for name, target in self.scopes[0].names.items() if target != own[name]},
            setting_reads=tuple(self.setting_reads),
            environment_reads=tuple(self.environment_reads),
            calls=tuple(self._through_self(call) for call in self.calls),
            functions=tuple(self.functions),
            classes=tuple(self.classes.values()),
            tasks=tuple(self.tasks),
            operations=tuple(self.operations),
            models=tuple(self.models),
            names=tuple(sorted(self.loaded)),
            texts=tuple(sorted(self.texts)),
        )

    def _through_self(self, call: Call) -> Call:
        """`self.client.variation` becomes `ldclient.get().variation` when the class keeps that in `self.client`."""
        if not call.callee.startswith("self.") or not self.held:
            return call
        attribute, _, rest = call.callee[5:].partition(".")
        scope = call.scope
        while scope:
            scope = scope.rpartition(".")[0]
            held = self.held.get(f"{scope}.{attribute}")
            if held and rest:
                return msgspec.structs.replace(call, callee=f"{held}.{rest}")
        return call

    # --- walking

    def _visit(self, node: ast.AST) -> None:
        handler = self.handlers.get(type(node))
        if handler is not None:
            handler(node)
        else:
            self._visit_children(node)

    def _visit_children(self, node: ast.AST) -> None:
        for name in _CHILDREN[type(node)]:
            child = getattr(node, name, None)
            if isinstance(child, ast.AST):
                self._visit(child)
            elif isinstance(child, list):
                self._visit_all(child)

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            if isinstance(node, ast.AST):
                self._visit(node)

    def _declare(self, body: list[ast.stmt]) -> None:
        """Bind what the module defines before its functions are read: they may come first in the file."""
        for node in body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._bind_import(node)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self._define(node.name, f"{self.module}.{node.name}")
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                self._bind_targets(
                    node.targets if isinstance(node, ast.Assign) else [node.target], node.value
                )
            elif isinstance(node, ast.If | ast.Try):
                self._declare(node.body)
                self._declare(node.orelse)
                for handler in getattr(node, "handlers", ()):
                    self.substituting += 1
                    self._declare(handler.body)
                    self.substituting -= 1

    def _handler(self, node: ast.ExceptHandler) -> None:
        self.substituting += 1
        self._visit_all(node.body)
        self.substituting -= 1

    def _define(self, name: str, meaning: str) -> None:
        """Bind a name, unless an `except` clause only puts something in the place of what could not be imported."""
        own = f"{self.module}.{name}"
        if not self.substituting or self.scope.names.get(name, own) == own:
            self.scope.names[name] = meaning

    # --- names

    @property
    def scope(self) -> _Scope:
        return self.scopes[-1]

    def _visible(self) -> Iterator[_Scope]:
        """The scopes that a bare name is looked up in, innermost first: a class's own names end at its methods."""
        innermost = self.scopes[-1]
        for scope in reversed(self.scopes):
            if scope.kind != "class" or scope is innermost:
                yield scope

    def _meaning(self, name: str) -> str:
        for scope in self._visible():
            if name in scope.names:
                return scope.names[name]
            if name in scope.parameters or name in scope.values:
                return name
        return name

    def dotted(self, node: ast.AST) -> str:
        """The dotted meaning of an expression, empty when it has none: `waffle.get_waffle_flag_model().get`."""
        kind = type(node)
        if kind is ast.Name:
            return self._meaning(node.id)  # type: ignore[attr-defined]
        if kind is ast.Attribute:
            owner = self.dotted(node.value)  # type: ignore[attr-defined]
            return f"{owner}.{node.attr}"[:_LONGEST_NAME] if owner else ""  # type: ignore[attr-defined]
        if isinstance(node, ast.Call):
            callee = self.dotted(node.func)
            made = _model_named(node) if callee.endswith(".get_model") else ""
            return f"{callee}({made})"[:_LONGEST_NAME] if callee else ""
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Constant)
            and isinstance(node.slice.value, str)
        ):
            owner = self.dotted(node.value)
            return f"{owner}[{node.slice.value}]"[:_LONGEST_NAME] if owner else ""
        if isinstance(node, ast.Await):
            return self.dotted(node.value)
        return ""

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        self._bind_import(node)
        if isinstance(node, ast.Import):
            self.imports += [Import(name.name, node.lineno, alias=name.asname or "") for name in node.names]
        else:
            module = self._absolute(node)
            self.imports += [Import(module, node.lineno, name.name, name.asname or "") for name in node.names]

    def _bind_import(self, node: ast.Import | ast.ImportFrom) -> None:
        names = self.scope.names
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.asname:
                    names[name.asname] = name.name
                else:
                    root = name.name.partition(".")[0]
                    names[root] = root
            return
        module = self._absolute(node)
        for name in node.names:
            if name.name != "*":
                names[name.asname or name.name] = f"{module}.{name.name}"

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.package.split(".") if self.package else []
        kept = parts[: len(parts) - (node.level - 1)] if node.level > 1 else parts
        return ".".join([*kept, *([node.module] if node.module else [])])

    # --- assignments

    def _assign(self, node: ast.Assign) -> None:
        self._bind_targets(node.targets, node.value)
        self._keep(node.targets, node.value, node.lineno)
        self._visit(node.value)
        for target in node.targets:
            if not isinstance(target, ast.Name):
                self._visit(target)

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is None:
            if isinstance(node.target, ast.Name) and (kind := self._annotation(node.annotation)):
                self.scope.names[node.target.id] = kind
            return
        self._bind_targets([node.target], node.value)
        self._keep([node.target], node.value, node.lineno)
        self._visit(node.value)

    def _augmented(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.scope.values.setdefault(node.target.id, []).append(Operand("dynamic", (node.target.id,)))
        self._visit(node.value)

    def _named(self, node: ast.NamedExpr) -> None:
        self._bind_targets([node.target], node.value)
        self._visit(node.value)

    def _bind_targets(self, targets: list[ast.expr], value: ast.expr) -> None:
        meaning = self.dotted(value)
        for target in targets:
            if isinstance(target, ast.Name):
                self._bind(target.id, value, meaning)
            elif (
                isinstance(target, ast.Attribute)
                and isinstance(target.value, ast.Name)
                and target.value.id == "self"
            ):
                self._hold(target.attr, value, meaning)
            elif isinstance(target, ast.Tuple | ast.List):
                for part in target.elts:
                    if isinstance(part, ast.Name):
                        self.scope.values.setdefault(part.id, []).append(Operand("dynamic", (part.id,)))

    def _bind(self, name: str, value: ast.expr, meaning: str) -> None:
        scope = self.scope
        operand = self.operand(value)
        known = scope.values.setdefault(name, [])
        if operand not in known:
            known.append(operand)
        if isinstance(value, ast.List | ast.Tuple | ast.Set | ast.Dict):
            scope.rows[name] = value
        if meaning and meaning != name:
            scope.names[name] = meaning
        elif scope.kind == "module":
            self._define(name, f"{self.module}.{name}")
        else:
            scope.names.pop(name, None)

    def _hold(self, attribute: str, value: ast.expr, meaning: str) -> None:
        owner = self._class_name()
        if not owner:
            return
        if meaning and "(" in meaning:
            self.held.setdefault(f"{owner}.{attribute}", meaning)
        operand = self.operand(value)
        known = self.classes.get(owner)
        if known and operand.kind == "parameter" and operand.owner == f"{owner}.__init__":
            self.classes[owner] = msgspec.structs.replace(
                known, stored={**known.stored, attribute: operand.text}
            )

    def _class_name(self) -> str:
        return next((scope.name for scope in reversed(self.scopes) if scope.kind == "class"), "")

    def _keep(self, targets: list[ast.expr], value: ast.expr, line: int) -> None:
        """Remember a module's or class's constants, and what a settings file sets."""
        scope = self.scope
        if scope.kind == "function":
            return
        for target in targets:
            if not isinstance(target, ast.Name):
                continue
            name = f"{scope.name}.{target.id}" if scope.name else target.id
            self._keep_constant(name, value, line)
            if self.kind["is_settings"] and _VARIABLE.match(target.id):
                self.assignments.append(self._assignment(target.id, value, line))

    def _keep_constant(self, name: str, value: ast.expr, line: int) -> None:
        texts = self._constant_texts(name, value)
        if texts:
            known = self.constants.get(name)
            merged = tuple(dict.fromkeys((*known.texts, *texts))) if known else texts
            self.constants[name] = Constant(name, merged, known.line if known else line)
        elif isinstance(value, ast.Dict):
            for key, item in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    inner = self.operand(item)
                    if inner.kind == "text":
                        at = f"{name}[{key.value}]"
                        self.constants[at] = Constant(at, inner.texts, item.lineno)

    def _constant_texts(self, name: str, value: ast.expr) -> tuple[str, ...]:
        in_class = self.scope.kind == "class"
        if in_class and isinstance(value, ast.Tuple) and value.elts:
            return self.operand(value.elts[0]).texts if self.operand(value.elts[0]).kind == "text" else ()
        if in_class and isinstance(value, ast.Call) and self.dotted(value.func).rpartition(".")[2] == "auto":
            owner = self.classes.get(self.scope.name)
            return (
                (name.rpartition(".")[2].lower(),)
                if owner and any("StrEnum" in base for base in owner.bases)
                else ()
            )
        operand = self.operand(value)
        return operand.texts if operand.kind == "text" else ()

    def _assignment(self, name: str, value: ast.expr, line: int) -> Assignment:
        boolean, default = self._boolean(value)
        return Assignment(name, line, boolean, default)

    def _boolean(self, value: ast.expr) -> tuple[str, str]:
        """How an expression is seen to be a boolean (literal, environment, derived), and its default's `repr`."""
        if isinstance(value, ast.Constant) and isinstance(value.value, bool):
            return "literal", repr(value.value)
        if isinstance(value, ast.Call):
            callee = self.dotted(value.func)
            casts = [self.dotted(keyword.value) for keyword in value.keywords if keyword.arg == "cast"]
            if _BOOLEAN_READERS.search(callee) or any(
                cast.rpartition(".")[2] in ("bool", "strtobool") for cast in casts
            ):
                return "environment" if callee != "bool" or self._reads_environment(
                    value
                ) else "derived", _default(value)
        if isinstance(value, ast.Compare | ast.BoolOp) or (
            isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
        ):
            return "environment" if self._reads_environment(value) else "derived", ""
        if isinstance(value, ast.IfExp) and all(
            self._boolean(part)[0] for part in (value.body, value.orelse)
        ):
            return "derived", ""
        return "", ""

    def _reads_environment(self, value: ast.expr) -> bool:
        return any(
            isinstance(node, ast.Call | ast.Subscript)
            and (
                "environ" in (name := self.dotted(node))
                or "getenv" in name
                or "env()" in name
                or "env." in name
            )
            for node in ast.walk(value)
        )

    # --- definitions

    def _qualified(self, name: str) -> str:
        return f"{self.scope.name}.{name}" if self.scope.name else name

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        name = self._qualified(node.name)
        is_method = self.scope.kind == "class"
        if self.scope.kind != "class":
            self._define(node.name, f"{self.module}.{name}")
        decorators = self._decorators(node.decorator_list)
        self._visit_all(node.args.defaults)
        self._visit_all(default for default in node.args.kw_defaults if default)
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        parameters = tuple(argument.arg for argument in arguments)
        self.functions.append(
            Function(
                name, node.lineno, parameters, decorators, is_method, isinstance(node, ast.AsyncFunctionDef)
            )
        )
        self._keep_task(node, name)
        typed = {
            argument.arg: kind
            for argument in arguments
            if argument.annotation and (kind := self._annotation(argument.annotation))
        }
        self._enter(_Scope("function", name, names=typed, parameters=frozenset(parameters)), node.body)

    def _enter(self, scope: _Scope, body: Iterable[ast.AST]) -> None:
        self.scopes.append(scope)
        self.deferred += 1
        self._visit_all(body)
        self.deferred -= 1
        self.scopes.pop()

    def _lambda(self, node: ast.Lambda) -> None:
        self._visit_all(node.args.defaults)
        parameters = frozenset(
            argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        )
        self._enter(_Scope("function", self._qualified("<lambda>"), parameters=parameters), [node.body])

    def _annotation(self, node: ast.expr) -> str:
        """What a name annotated so holds, when the annotation is a plain class: `ldclient.LDClient()`."""
        if isinstance(node, ast.BinOp):
            node = node.left
        if isinstance(node, ast.Subscript) and self.dotted(node.value).endswith("Optional"):
            node = node.slice
        if isinstance(node, ast.Name | ast.Attribute):
            name = self.dotted(node)
            return f"{name}()" if "." in name else ""
        return ""

    def _decorators(self, nodes: list[ast.expr]) -> tuple[str, ...]:
        names = []
        for node in nodes:
            target = node.func if isinstance(node, ast.Call) else node
            name = self.dotted(target)
            if isinstance(node, ast.Call):
                self._call(node, "decorator")
            else:
                self._visit(node)
                if "." in name:
                    self.calls.append(self._made(name, node, (), {}, "decorator"))
            names.append(name)
        return tuple(names)

    def _keep_task(self, node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> None:
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            by = self.dotted(call.func if call else decorator)
            if by.rpartition(".")[2] in _TASK_DECORATORS and not by.startswith(_NOT_TASKS) and "." in by:
                options = (
                    {word.arg: self.operand(word.value) for word in call.keywords if word.arg} if call else {}
                )
                self.tasks.append(Task(name, node.lineno, by, options))

    def _class(self, node: ast.ClassDef) -> None:
        name = self._qualified(node.name)
        self.scope.names.setdefault(node.name, f"{self.module}.{name}")
        bases = tuple(
            self.dotted(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases
        )
        self.classes[name] = Class(name, node.lineno, bases, self._decorators(node.decorator_list))
        self._visit_all(node.bases)
        self._visit_all(keyword.value for keyword in node.keywords)
        self.scopes.append(_Scope("class", name))
        self._visit_all(node.body)
        self._keep_model(node, name, bases)
        self._keep_task_class(node, name, bases)
        self.scopes.pop()

    def _keep_model(self, node: ast.ClassDef, name: str, bases: tuple[str, ...]) -> None:
        fields = []
        for statement in node.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
                kind = self.dotted(statement.value.func)
                if _FIELD_TYPE.search(kind):
                    targets = [target.id for target in statement.targets if isinstance(target, ast.Name)]
                    fields += [Field(target, kind, statement.lineno) for target in targets]
        if "django.db.models.Model" in bases or any("models." in each.type for each in fields):
            self.models.append(Model(name, node.lineno, tuple(fields)))

    def _keep_task_class(self, node: ast.ClassDef, name: str, bases: tuple[str, ...]) -> None:
        if not any(base in ("celery.Task", "celery.app.task.Task") for base in bases):
            return
        options = {
            target.id: self.operand(statement.value)
            for statement in node.body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name)
        }
        self.tasks.append(Task(name, node.lineno, "celery.Task", options))

    # --- control flow

    def _if(self, node: ast.If) -> None:
        self._visit(node.test)
        is_guard = _is_guard(node.test)
        self.guarded += is_guard
        self._visit_all(node.body)
        self.guarded -= is_guard
        self._visit_all(node.orelse)

    def _chain(self, node: ast.expr) -> None:
        """`a + b + c + …` nests to the left, once for each operator: long ones are walked without recursion."""
        while isinstance(node, ast.BinOp):
            self._visit(node.right)
            node = node.left
        self._visit(node)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self._loop(node.target, node.iter)
        self._visit(node.iter)
        self._visit_all(node.body)
        self._visit_all(node.orelse)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        for generator in node.generators:
            self._loop(generator.target, generator.iter)
            self._visit(generator.iter)
            self._visit_all(generator.ifs)
        if isinstance(node, ast.DictComp):
            self._visit(node.key)
            self._visit(node.value)
        else:
            self._visit(node.elt)

    def _loop(self, target: ast.expr, iterated: ast.expr) -> None:
        names = [target] if isinstance(target, ast.Name) else list(getattr(target, "elts", ()))
        rows = self._rows(iterated)
        for position, name in enumerate(names):
            if not isinstance(name, ast.Name):
                continue
            self.scope.names.pop(name.id, None)
            if rows is None and name is target and (source := self.dotted(iterated)):
                self.scope.names[name.id] = f"{source}[]"
            self.scope.values[name.id] = [
                self._item(rows, position if name is not target else None, iterated)
            ]

    def _item(self, rows: list[ast.expr] | None, position: int | None, iterated: ast.expr) -> Operand:
        if rows:
            cells = [row if position is None else _cell(row, position) for row in rows]
            operands = [self.operand(cell) for cell in cells if cell is not None]
            if len(operands) == len(rows) and all(operand.kind == "text" for operand in operands):
                return Operand(
                    "text", tuple(dict.fromkeys(text for operand in operands for text in operand.texts))
                )
        return Operand("item", (self.dotted(iterated),))

    def _rows(self, node: ast.expr) -> list[ast.expr] | None:
        """The elements that a loop over `node` takes, when they are written out."""
        part = ""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
            part, node = node.func.attr, node.func.value
        if isinstance(node, ast.Name):
            literal = next((scope.rows[node.id] for scope in self._visible() if node.id in scope.rows), None)
            if literal is None:
                return None
            node = literal
        if isinstance(node, ast.Dict):
            if any(key is None for key in node.keys):
                return None
            pairs = [
                (key, value) for key, value in zip(node.keys, node.values, strict=True) if key is not None
            ]
            if part == "items":
                return [ast.Tuple([key, value], ast.Load()) for key, value in pairs]
            return [value if part == "values" else key for key, value in pairs]
        if isinstance(node, ast.List | ast.Tuple | ast.Set) and not part:
            return None if any(isinstance(element, ast.Starred) for element in node.elts) else node.elts
        return None

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            if isinstance(item.optional_vars, ast.Name):
                self._bind(item.optional_vars.id, item.context_expr, self.dotted(item.context_expr))
            self._visit(item.context_expr)
        self._visit_all(node.body)

    # --- reads

    @property
    def _at_import(self) -> bool:
        return not self.deferred and not self.guarded

    def _name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.loaded.add(node.id)

    def _text(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and "\n" not in node.value:
            self.texts.add(node.value)

    def _attribute(self, node: ast.Attribute) -> None:
        value = node.value
        if isinstance(value, ast.Name | ast.Attribute):
            if node.attr.isupper() and self.dotted(value) == _SETTINGS:
                form: Literal["attribute", "override"] = (
                    "attribute" if isinstance(node.ctx, ast.Load) else "override"
                )
                self._read_setting(node.attr, node.lineno, form)
                return
            if isinstance(value, ast.Name):
                self._visit(value)
                return
        self._visit(value)

    def _read_setting(
        self,
        name: str,
        line: int,
        form: Literal["attribute", "getattr", "hasattr", "override"],
        default: Operand | None = None,
    ) -> None:
        self.setting_reads.append(SettingRead(name, line, form, default, self.scope.name, self._at_import))

    def _subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            owner = self.dotted(node.value)
            if owner in ("os.environ", "os.environb") and isinstance(node.ctx, ast.Load):
                self._read_environment(node.slice.value, node.lineno, "os.environ[]", None)
        self._visit(node.value)
        self._visit(node.slice)

    def _compare(self, node: ast.Compare) -> None:
        left = node.left.value if isinstance(node.left, ast.Constant) else None
        is_membership = isinstance(left, str) and isinstance(node.ops[0], ast.In | ast.NotIn)
        if isinstance(left, str) and is_membership and self.dotted(node.comparators[0]) == "os.environ":
            self._read_environment(left, node.lineno, "in os.environ", None)
        self._visit(node.left)
        self._visit_all(node.comparators)

    def _read_environment(self, name: str, line: int, reader: str, default: Operand | None) -> None:
        self.environment_reads.append(EnvironmentRead(name, line, reader, default, self.scope.name))

    # --- calls

    def _call(self, node: ast.Call, form: Literal["call", "decorator"] = "call") -> None:
        callee = self.dotted(node.func)
        if callee in ("getattr", "hasattr"):
            self._read_by_name(callee, node)
        elif callee:
            self._keep_call(callee, node, form)
        function = node.func
        if isinstance(function, ast.Attribute):
            self._attribute(function)
        elif not isinstance(function, ast.Name):
            self._visit(function)
        is_state_only = callee.endswith("SeparateDatabaseAndState")
        self._visit_all(node.args)
        for keyword in node.keywords:
            self.state_only += is_state_only and keyword.arg == "state_operations"
            self._visit(keyword.value)
            self.state_only -= is_state_only and keyword.arg == "state_operations"

    def _read_by_name(self, function: str, node: ast.Call) -> None:
        if len(node.args) < 2 or self.dotted(node.args[0]) != _SETTINGS:
            return
        name = self.operand(node.args[1])
        default = self.operand(node.args[2]) if len(node.args) > 2 else None
        if name.kind == "text":
            for text in name.texts:
                self._read_setting(
                    text, node.lineno, "getattr" if function == "getattr" else "hasattr", default
                )
        elif name.kind != "parameter":
            self.calls.append(self._made(SETTING_BY_NAME, node, (name,), {}, "call"))

    def _keep_call(self, callee: str, node: ast.Call, form: Literal["call", "decorator"]) -> None:
        if not self._is_worth_keeping(callee, node) or callee.startswith(_QUIET):
            return
        arguments = tuple(self.operand(argument) for argument in node.args)
        keywords = {keyword.arg or "**": self.operand(keyword.value) for keyword in node.keywords}
        keywords |= self._defaults(node)
        self._keep_reads(callee, arguments, keywords, node.lineno)
        if callee == "functools.partial" and arguments and arguments[0].kind == "name":
            self.calls.append(self._made(arguments[0].text, node, arguments[1:], keywords, "partial"))
            return
        self.calls.append(self._made(callee, node, arguments, keywords, form))
        if callee.startswith("django.db.migrations."):
            self._keep_operation(callee.rpartition(".")[2], arguments, keywords, node.lineno)

    def _defaults(self, node: ast.Call) -> dict[str, Operand]:
        """The entries of `defaults={…}`, as Django's `get_or_create` takes them."""
        literal = next((each.value for each in node.keywords if each.arg == "defaults"), None)
        if not isinstance(literal, ast.Dict):
            return {}
        return {
            f"defaults[{key.value}]": self.operand(value)
            for key, value in zip(literal.keys, literal.values, strict=True)
            if isinstance(key, ast.Constant) and isinstance(key.value, str)
        }

    def _made(
        self,
        callee: str,
        node: ast.expr,
        arguments: tuple[Operand, ...],
        keywords: dict[str, Operand],
        form: Literal["call", "decorator", "partial"],
    ) -> Call:
        end = node.end_lineno or node.lineno
        return Call(
            callee,
            node.lineno,
            end if end != node.lineno else 0,
            arguments,
            keywords,
            self.scope.name,
            self._at_import and form != "partial",
            form,
        )

    def _is_worth_keeping(self, callee: str, node: ast.Call) -> bool:
        root, _, rest = callee.partition(".")
        if not rest:
            return root in _READER_NAMES
        if root == "self":
            return bool(node.args or node.keywords)
        if callee.rpartition(".")[2] in _METHODS or ".get_model(" in callee:
            return True
        return self._is_resolved(node.func)

    def _is_resolved(self, node: ast.expr) -> bool:
        """Whether the expression starts at something imported, defined or created here."""
        while True:
            if isinstance(node, ast.Attribute):
                node = node.value
            elif isinstance(node, ast.Call):
                node = node.func
            elif isinstance(node, ast.Subscript):
                node = node.value
            else:
                break
        return isinstance(node, ast.Name) and any(node.id in scope.names for scope in self._visible())

    def _keep_reads(
        self, callee: str, arguments: tuple[Operand, ...], keywords: dict[str, Operand], line: int
    ) -> None:
        last = callee.rpartition(".")[2]
        if last in ("override_settings", "settings", "modify_settings"):
            for name in keywords.keys() - {"**"}:
                self._read_setting(name, line, "override")
            return
        if not arguments or arguments[0].kind != "text":
            return
        is_os = callee in _ENVIRON_READERS
        is_typed = last in _TYPED_READERS and (
            ".Env()" in callee or callee.split(".")[-2:-1] in (["env"], ["config"])
        )
        is_plain = last in _READER_NAMES or callee.endswith(".Env()")
        if not (is_os or is_typed or is_plain) or not (is_os or _VARIABLE.match(arguments[0].texts[0])):
            return
        position = 2 if is_plain and last == "env" else 1
        default = keywords.get("default") or (arguments[position] if len(arguments) > position else None)
        for name in arguments[0].texts:
            self._read_environment(name, line, callee, default)

    def _keep_operation(
        self, kind: str, arguments: tuple[Operand, ...], keywords: dict[str, Operand], line: int
    ) -> None:
        def named(position: int, *words: str) -> str:
            given = next((keywords[word] for word in words if word in keywords), None)
            if given is None and position < len(arguments):
                given = arguments[position]
            return given.text if given and given.kind == "text" else ""

        if kind.endswith("Field") or "Index" in kind or "Constraint" in kind:
            model, name = named(0, "model_name"), named(1, "name", "old_name")
        else:
            model, name = named(0, "name", "old_name"), ""
        self.operations.append(Operation(kind, line, model, name, keywords, bool(self.state_only)))

    # --- operands

    def operand(self, node: ast.expr) -> Operand:
        """What an expression is as an argument."""
        if isinstance(node, ast.Constant):
            return (
                Operand("text", (node.value,))
                if isinstance(node.value, str)
                else Operand("constant", (repr(node.value),))
            )
        if isinstance(node, ast.Name):
            return self._named_operand(node.id)
        if isinstance(node, ast.Attribute | ast.Subscript):
            name = self.dotted(node)
            return Operand("name", (name,)) if name else _dynamic(node)
        if isinstance(node, ast.IfExp):
            return _joined([self.operand(node.body), self.operand(node.orelse)], node)
        if isinstance(node, ast.JoinedStr):
            return self._formatted(node)
        if isinstance(node, ast.BinOp):
            return self._operation_operand(node)
        if isinstance(node, ast.Call):
            return self._answer(node)
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            parts = [self.operand(element) for element in node.elts]
            texts = tuple(text for part in parts if part.kind == "text" for text in part.texts)
            return Operand("list", texts, "" if all(part.kind == "text" for part in parts) else "open")
        if isinstance(node, ast.Await):
            return self.operand(node.value)
        return _dynamic(node)

    def _named_operand(self, name: str) -> Operand:
        for scope in self._visible():
            values = scope.values.get(name)
            if name in scope.parameters:
                return (
                    Operand("parameter", (name,), scope.name) if not values else Operand("dynamic", (name,))
                )
            if values:
                joined = _joined(values, None)
                return joined if joined.kind != "dynamic" or len(values) > 1 else Operand("dynamic", (name,))
            if name in scope.names:
                return Operand("name", (scope.names[name],))
        return Operand("name", (f"{self.module}.{name}",))

    def _formatted(self, node: ast.JoinedStr) -> Operand:
        pieces = []
        for part in node.values:
            inner = self.operand(part.value) if isinstance(part, ast.FormattedValue) else self.operand(part)
            pieces.append(inner.text if inner.kind == "text" and inner.text else "{}")
        text = "".join(pieces)
        return Operand("pattern" if "{}" in pieces else "text", (text,))

    def _operation_operand(self, node: ast.BinOp) -> Operand:
        if _spine(node) > _LONGEST_SPINE:
            return Operand("dynamic", ("",))
        left = self.operand(node.left)
        if isinstance(node.op, ast.Mod) and left.kind == "text":
            return Operand("pattern", (re.sub(r"%(\(\w+\))?[-+ #0-9.]*[a-zA-Z]", "{}", left.texts[0]),))
        if not isinstance(node.op, ast.Add):
            return _dynamic(node)
        right = self.operand(node.right)
        if left.kind == right.kind == "text" and left.text and right.text:
            return Operand("text", (left.text + right.text,))
        pieces = [
            part.text if part.kind in ("text", "pattern") and part.text else "{}" for part in (left, right)
        ]
        return Operand("pattern", ("".join(pieces),)) if pieces != ["{}", "{}"] else _dynamic(node)

    def _answer(self, node: ast.Call) -> Operand:
        callee = self.dotted(node.func)
        if callee == "str" and len(node.args) == 1:
            return self.operand(node.args[0])
        if isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            template = self.operand(node.func.value)
            if template.kind == "text":
                return Operand("pattern", (re.sub(r"\{[^{}]*\}", "{}", template.texts[0]),))
        return Operand("call", (callee,)) if callee else _dynamic(node)


def _model_named(call: ast.Call) -> str:
    """`waffle.Flag` for `apps.get_model("waffle", "Flag")`: a migration's model is known by nothing else."""
    texts = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
    return ".".join(text for text in texts if isinstance(text, str))


def _nothing(node: ast.AST) -> None:
    return None


_SHOWN = (
    ast.Lambda,
    ast.Attribute,
    ast.Subscript,
    ast.Call,
    ast.BoolOp,
    ast.UnaryOp,
    ast.NamedExpr,
    ast.Starred,
)


def _dynamic(node: ast.expr | None) -> Operand:
    """The source of a short expression; large literals are not worth writing out."""
    return Operand("dynamic", (ast.unparse(node)[:120] if isinstance(node, _SHOWN) else "",))


def _joined(operands: list[Operand], node: ast.expr | None) -> Operand:
    if len(operands) == 1:
        return operands[0]
    if all(operand.kind == "text" for operand in operands):
        return Operand("text", tuple(dict.fromkeys(text for operand in operands for text in operand.texts)))
    return _dynamic(node)


def _cell(row: ast.expr, position: int) -> ast.expr | None:
    if isinstance(row, ast.Tuple | ast.List) and position < len(row.elts):
        return row.elts[position]
    return None


def _default(call: ast.Call) -> str:
    for keyword in call.keywords:
        if keyword.arg == "default" and isinstance(keyword.value, ast.Constant):
            return repr(keyword.value.value)
    if len(call.args) > 1 and isinstance(call.args[1], ast.Constant):
        return repr(call.args[1].value)
    return ""


def _spine(node: ast.expr) -> int:
    depth = 0
    while isinstance(node, ast.BinOp):
        depth, node = depth + 1, node.left
    return depth


def _is_guard(test: ast.expr) -> bool:
    """`if TYPE_CHECKING:` and `if __name__ == "__main__":` do not run at import."""
    if isinstance(test, ast.Compare):
        return isinstance(test.left, ast.Name) and test.left.id == "__name__"
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"
