"""What settings files call from outside the repository: the standard library, environ, decouple, dj-database-url, …."""

from __future__ import annotations

import ast
import json
import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from djaws.finding import Span
from djaws.model.django import operations
from djaws.model.django.defaults import default as django_default
from djaws.model.django.defaults import wrapped
from djaws.model.django.objects import (
    CHECKOUT,
    Configured,
    CsvCast,
    EnvReader,
    FilePath,
    Frame,
    Function,
    Library,
    Module,
    Namespace,
    OptionalFile,
    Url,
)
from djaws.model.django.operations import Impossible
from djaws.model.value import Alternative, Map, Seq, Unknown, Value, combine

if TYPE_CHECKING:
    from djaws.model.django.expressions import Expressions


@dataclass(frozen=True)
class Call:
    """One call. `is_whole` is false when `*` or `**` spread something that is not wholly known."""

    evaluator: Expressions
    node: ast.Call
    arguments: tuple[Value[Any], ...]
    keywords: dict[str, Value[Any]]
    is_whole: bool
    span: Span
    frame: Frame

    def argument(self, index: int, name: str) -> Value[Any] | None:
        if index < len(self.arguments):
            return self.arguments[index]
        return self.keywords.get(name)

    def unknown(self, because: str) -> Value[Any]:
        return Value.not_known(because, self.span)


Handler = Callable[[Call], Value[Any]]
_HANDLERS: dict[str, Handler] = {}


def _handles(*names: str) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        for name in names:
            _HANDLERS[name] = handler
        return handler

    return register


def call(name: str, call: Call) -> Value[Any]:
    """What calling the library function of that dotted name gives."""
    handler = _HANDLERS.get(name)
    if handler is not None and call.is_whole:
        return handler(call)
    _note_arguments(call)
    if name.startswith(("sys.argv", "sys.modules")) and _mentions_tests(call):
        return Value.of(False, call.span)
    return call.unknown(f"the result of `{name.removeprefix('builtins.')}` is not known here")


def _mentions_tests(call: Call) -> bool:
    text = call.arguments[0].only("") if call.arguments else ""
    return isinstance(text, str) and "test" in text


def _note_arguments(call: Call) -> None:
    """A function that is handed the names of the module may set any of them."""
    for value in (*call.arguments, *call.keywords.values()):
        data = value.only(None)
        if isinstance(data, Namespace):
            call.evaluator.open(
                data.scope,
                Unknown("settings are handed to a function that is not in the repository", call.span),
            )
        if isinstance(data, Library) and data.name == "sys.modules[]":
            scope = call.frame.module.scope
            call.evaluator.open(
                scope, Unknown("the module is handed to a function that is not in the repository", call.span)
            )


# --- constants

_CONSTANTS: dict[str, Any] = {
    "os.sep": "/",
    "os.path.sep": "/",
    "os.pardir": "..",
    "os.path.pardir": "..",
    "os.curdir": ".",
    "os.linesep": "\n",
    "os.name": "posix",
    "sys.platform": "linux",
    "typing.TYPE_CHECKING": False,
    "builtins.__debug__": True,
    "csp.constants.SELF": "'self'",
    "csp.constants.NONE": "'none'",
    "logging.DEBUG": 10,
    "logging.INFO": 20,
    "logging.WARNING": 30,
    "logging.WARN": 30,
    "logging.ERROR": 40,
    "logging.CRITICAL": 50,
    "django.contrib.messages.constants.DEBUG": 10,
    "django.contrib.messages.constants.INFO": 20,
    "django.contrib.messages.constants.SUCCESS": 25,
    "django.contrib.messages.constants.WARNING": 30,
    "django.contrib.messages.constants.ERROR": 40,
}
_GLOBAL_SETTINGS = "django.conf.global_settings."


def constant(name: str, span: Span) -> Value[Any] | None:
    """A constant of a library, None when it is not one that is known here."""
    if name in _CONSTANTS:
        return Value.of(_CONSTANTS[name], span)
    if name.startswith(_GLOBAL_SETTINGS):
        return django_default(name.removeprefix(_GLOBAL_SETTINGS), span)
    return None


# --- the environment


@_handles("os.environ.get", "os.getenv", "os.environ.pop", "os.environ.setdefault")
def _environ_get(call: Call) -> Value[Any]:
    name = call.argument(0, "key")
    default = call.argument(1, "default") or Value.of(None, call.span)
    known = name.only(None) if name else None
    if not isinstance(known, str):
        return call.unknown("an environment variable whose name is not known here")
    return call.evaluator.env(known, default, call.span)


@_handles("os.environ.items", "os.environ.copy", "builtins.vars", "builtins.globals", "builtins.locals")
def _names(call: Call) -> Value[Any]:
    function = call.node.func
    if isinstance(function, ast.Name) and not call.arguments:
        is_local = function.id != "globals"
        return Value.of(Namespace(call.frame.scope if is_local else call.frame.module.scope), call.span)
    return call.unknown("the environment is not known here")


# --- built-in functions


@_handles("builtins.bool")
def _bool(call: Call) -> Value[Any]:
    if not call.node.args:
        return Value.of(False, call.span)
    return call.evaluator.truth_value(call.node.args[0], call.frame)


def _number(kind: type[int] | type[float]) -> Handler:
    def convert(data: Any = 0) -> Any:
        if not isinstance(data, (str, int, float)) or (isinstance(data, str) and len(data) > 300):
            raise Impossible("not a number")
        return kind(data)

    return lambda call: combine(convert, *call.arguments[:1], span=call.span)


_HANDLERS["builtins.int"] = _number(int)
_HANDLERS["builtins.float"] = _number(float)


@_handles("builtins.str", "os.fspath", "django.utils.encoding.force_str", "django.utils.safestring.mark_safe")
def _str(call: Call) -> Value[Any]:
    if not call.arguments:
        return Value.of("", call.span)
    value = call.evaluator.data(call.arguments[0], call.span)
    known = combine(lambda data: str(operations.formattable(data)), Value(value.alternatives), span=call.span)
    return Value(known.alternatives, value.unknown or known.unknown)


@_handles(
    "builtins.list",
    "builtins.tuple",
    "builtins.set",
    "builtins.frozenset",
    "builtins.iter",
    "builtins.reversed",
)
def _list(call: Call) -> Value[Any]:
    if not call.arguments:
        return Value.of(Seq(), call.span)
    value = call.evaluator.iterated(call.arguments[0], call.span)
    function = call.node.func
    if isinstance(function, ast.Name) and function.id == "reversed":
        return value.map(lambda data: Seq(data.items[::-1], data.rest))
    if isinstance(function, ast.Name) and function.id.endswith("set"):
        return value.map(_distinct)
    return value.map(operations.copied)


def _distinct(data: Seq) -> Seq:
    return (
        operations.united(Seq(), Seq((), data.rest))
        if not data.items
        else Seq(_unique(data.items), data.rest)
    )


def _unique(items: Sequence[Value[Any]]) -> tuple[Value[Any], ...]:
    seen: list[Any] = []
    kept = []
    for item in items:
        known = item.only(None)
        if known is not None and known in seen:
            continue
        seen.append(known)
        kept.append(item)
    return tuple(kept)


@_handles("builtins.sorted")
def _sorted(call: Call) -> Value[Any]:
    if call.keywords or not call.arguments:
        return call.unknown("a sort that is not evaluated")
    return call.evaluator.iterated(call.arguments[0], call.span).map(_in_order).map(operations.copied)


def _in_order(data: Seq) -> Seq:
    known = [item.only(None) for item in data.items]
    if all(isinstance(one, str) for one in known):
        order = sorted(range(len(known)), key=lambda index: str(known[index]))
        return Seq(tuple(data.items[index] for index in order), data.rest)
    return data


@_handles("builtins.dict", "collections.OrderedDict")
def _dict(call: Call) -> Value[Any]:
    base = Value.of(Map({}, None, call.span), call.span)
    for argument in call.arguments[:1]:
        value = argument
        if argument.sometimes(lambda data: isinstance(data, Seq)):
            value = dict_of_pairs(argument, call.span)
        over = (
            Value((*value.alternatives, Alternative(Map({}, value.unknown), call.span)))
            if value.unknown
            else value
        )
        base = combine(merge_maps, base, over, span=call.span)
    return combine(merge_maps, base, Value.of(Map(call.keywords, None, call.span), call.span), span=call.span)


def merge_maps(under: Any, over: Any) -> Any:
    if not (isinstance(under, Map) and isinstance(over, Map)):
        raise Impossible("merging what is no dict")
    return replace(under.merge(over), span=under.span)


def dict_of_pairs(value: Value[Any], span: Span) -> Value[Any]:
    """The dict of a list of pairs."""

    def build(data: Any) -> Any:
        if not isinstance(data, Seq):
            raise Impossible("a dict of what is no list")
        entries: dict[str, Value[Any]] = {}
        for item in data.items:
            pair = item.only(None)
            if not isinstance(pair, Seq) or len(pair) != 2:
                raise Impossible("a dict of what is no pair")
            key = pair.items[0].only(None)
            if not isinstance(key, str):
                return Map(entries, item.unknown or Unknown("a key that is not known", span), span)
            entries[key] = pair.items[1]
        return Map(entries, data.rest, span)

    return combine(build, value, span=span)


@_handles("builtins.len")
def _len(call: Call) -> Value[Any]:
    def length(data: Any) -> Any:
        if isinstance(data, Seq) and data.rest is None and all(map(operations.is_certain, data.items)):
            return len(data.items)
        if isinstance(data, str) and CHECKOUT not in data:
            return len(data)
        raise Impossible("a length that is not known")

    return (
        combine(length, *call.arguments[:1], span=call.span) if call.arguments else call.unknown("a length")
    )


@_handles("builtins.any", "builtins.all")
def _any(call: Call) -> Value[Any]:
    is_any = isinstance(call.node.func, ast.Name) and call.node.func.id == "any"

    def decide(data: Any) -> bool:
        if not isinstance(data, Seq):
            raise Impossible("something that is not iterated over")
        truths = [_item_truth(item) for item in data.items]
        if is_any in truths:
            return is_any
        if None in truths or data.rest:
            raise Impossible("it depends on what is not known")
        return not is_any

    return combine(decide, *call.arguments[:1], span=call.span) if call.arguments else call.unknown("any")


def _item_truth(item: Value[Any]) -> bool | None:
    truths = {operations.truth(alt.value) for alt in item.alternatives}
    return truths.pop() if len(truths) == 1 and item.is_known and operations.is_certain(item) else None


@_handles("builtins.range")
def _range(call: Call) -> Value[Any]:
    def build(*bounds: Any) -> Any:
        numbers = range(*bounds)
        if len(numbers) > 1_000:
            raise Impossible("a long range")
        return Seq(tuple(Value.of(number, call.span) for number in numbers))

    return combine(build, *call.arguments, span=call.span)


@_handles("builtins.map")
def _map(call: Call) -> Value[Any]:
    if len(call.arguments) != 2:
        return call.unknown("a map that is not evaluated")
    function, items = call.arguments

    def apply(data: Seq) -> Value[Any]:
        if len(data) > 200:
            return call.unknown("a long list")
        made = tuple(call.evaluator.call(function, _with(call, (item,))) for item in data.items)
        return Value.of(Seq(made, data.rest), call.span)

    return call.evaluator.iterated(items, call.span).bind(apply)


def _with(call: Call, arguments: tuple[Value[Any], ...]) -> Call:
    node = ast.copy_location(ast.Call(ast.Name("map"), [], []), call.node)
    return replace(call, node=node, arguments=arguments, keywords={}, is_whole=True)


@_handles("builtins.filter")
def _filter(call: Call) -> Value[Any]:
    if len(call.arguments) != 2 or call.arguments[0].only("") is not None:
        return call.unknown("a filter that is not evaluated")

    def keep(data: Seq) -> Seq:
        truths = [(item, _item_truth(item)) for item in data.items]
        vague = next((item.span for item, truth in truths if truth is None), None)
        rest = data.rest or (Unknown("a filter that is not evaluated", vague) if vague else None)
        return Seq(tuple(item for item, truth in truths if truth), rest)

    return call.evaluator.iterated(call.arguments[1], call.span).map(keep)


@_handles("builtins.isinstance", "builtins.hasattr", "builtins.callable")
def _asks_for_type(call: Call) -> Value[Any]:
    return call.unknown("what it is is not known here")


@_handles("builtins.getattr")
def _getattr(call: Call) -> Value[Any]:
    name = call.arguments[1].only(None) if len(call.arguments) > 1 else None
    if not isinstance(name, str):
        return call.unknown("an attribute whose name is not known")
    return call.evaluator.attribute(call.arguments[0], name, call.span, call.frame)


@_handles("builtins.setattr")
def _setattr(call: Call) -> Value[Any]:
    if len(call.arguments) == 3:
        owner, name, value = (call.arguments[0].only(None), call.arguments[1].only(None), call.arguments[2])
        scope = call.frame.module.scope
        if isinstance(owner, Module):
            scope = owner.scope
        elif not (isinstance(owner, Library) and owner.name == "sys.modules[]"):
            return Value.of(None, call.span)
        if isinstance(name, str):
            call.evaluator.bind(scope, name, value, call.span)
        else:
            call.evaluator.open(scope, Unknown("a name that is not known is set", call.span))
    return Value.of(None, call.span)


@_handles("builtins.exec", "builtins.execfile", "builtins.eval", "builtins.__import__")
def _exec(call: Call) -> Value[Any]:
    call.evaluator.open(call.frame.module.scope, Unknown("code is executed that is not followed", call.span))
    return call.unknown("code is executed that is not followed")


@_handles("builtins.print", "warnings.warn", "warnings.filterwarnings", "logging.disable")
def _nothing(call: Call) -> Value[Any]:
    return Value.of(None, call.span)


@_handles(
    "copy.copy",
    "copy.deepcopy",
    "ast.literal_eval.str",
    "django.utils.translation.gettext_lazy",
    "django.utils.translation.gettext",
    "django.utils.translation.gettext_noop",
    "django.utils.translation.ugettext_lazy",
    "django.utils.translation.ugettext",
    "django.utils.translation.pgettext_lazy.1",
)
def _same(call: Call) -> Value[Any]:
    return call.arguments[0].map(operations.copied) if call.arguments else call.unknown("nothing")


@_handles("typing.cast")
def _cast_type(call: Call) -> Value[Any]:
    return call.arguments[1] if len(call.arguments) > 1 else call.unknown("a cast")


@_handles("json.loads", "ast.literal_eval")
def _loads(call: Call) -> Value[Any]:
    def parse(text: Any) -> Any:
        if (
            not isinstance(text, str)
            or len(text) > operations.MAX_TEXT
            or text.count("[") + text.count("{") > 500
        ):
            raise Impossible("text that is not parsed")
        try:
            return wrapped(json.loads(text), call.span)
        except RecursionError:
            raise Impossible("nested too deeply") from None

    return combine(parse, *call.arguments[:1], span=call.span)


@_handles("distutils.util.strtobool", "setuptools._distutils.util.strtobool", "str2bool.str2bool")
def _strtobool(call: Call) -> Value[Any]:
    return combine(boolean_text, *call.arguments[:1], span=call.span)


_TRUE = ("y", "yes", "t", "true", "on", "1", "ok")
_FALSE = ("n", "no", "f", "false", "off", "0", "")


def boolean_text(text: Any) -> bool:
    if isinstance(text, (bool, int)):
        return bool(text)
    word = str(text).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise Impossible(f"{word[:20]!r} is no boolean")


@_handles("importlib.import_module")
def _import_module(call: Call) -> Value[Any]:
    name = call.arguments[0].only(None) if call.arguments else None
    found = call.evaluator.module(name, call.frame) if isinstance(name, str) else None
    return Value.of(found, call.span) if found else call.unknown("a module that is not in the repository")


# --- paths


@_handles("os.path.join")
def _join(call: Call) -> Value[Any]:
    return combine(
        lambda *parts: _path_text(posixpath.join(*map(_as_path, parts))), *call.arguments, span=call.span
    )


def _as_path(data: Any) -> str:
    if not isinstance(data, str):
        raise Impossible("not a path")
    return data


def _path_text(path: str) -> str:
    return posixpath.normpath(path) if path.startswith(CHECKOUT) else path


@_handles("os.path.dirname")
def _dirname(call: Call) -> Value[Any]:
    return combine(lambda path: posixpath.dirname(_inside(path)), *call.arguments[:1], span=call.span)


@_handles("os.path.basename")
def _basename(call: Call) -> Value[Any]:
    return combine(lambda path: posixpath.basename(_inside(path)), *call.arguments[:1], span=call.span)


def _inside(path: Any) -> str:
    if _as_path(path) == CHECKOUT:
        raise Impossible("outside of the repository")
    return str(path)


@_handles("os.path.abspath", "os.path.realpath")
def _abspath(call: Call) -> Value[Any]:
    return combine(lambda path: _absolute(_as_path(path)), *call.arguments[:1], span=call.span)


@_handles("os.path.normpath")
def _normpath(call: Call) -> Value[Any]:
    return combine(lambda path: posixpath.normpath(_as_path(path)), *call.arguments[:1], span=call.span)


def _absolute(path: str) -> str:
    if not path.startswith("/"):
        raise Impossible("relative to a working directory that is not known here")
    return posixpath.normpath(path)


@_handles("pathlib.Path", "pathlib.PosixPath", "pathlib.PurePath", "environ.Path", "path.Path")
def _path(call: Call) -> Value[Any]:
    if not call.arguments:
        return Value.of(FilePath("."), call.span)
    return combine(
        lambda *parts: FilePath(posixpath.join(*map(_as_path, parts))), *call.arguments, span=call.span
    )


def path_attribute(path: FilePath, name: str, span: Span) -> Value[Any]:
    """`Path(…).name` and its like."""
    if name in ("parent", "parents") and path == CHECKOUT:
        return Value.not_known("outside of the repository", span)
    if name == "parent":
        return Value.of(FilePath(posixpath.dirname(path) or "."), span)
    if name == "parents":
        return Value.of(Seq(tuple(Value.of(one, span) for one in _parents(path))), span)
    simple = {
        "name": posixpath.basename(path),
        "stem": posixpath.splitext(posixpath.basename(path))[0],
        "suffix": posixpath.splitext(path)[1],
    }
    if name in simple:
        return Value.of(simple[name], span)
    return Value.not_known(f"the attribute {name} cannot be evaluated", span)


def _parents(path: str) -> list[FilePath]:
    found = []
    while path not in ("/", "", CHECKOUT):
        path = posixpath.dirname(path)
        found.append(FilePath(path))
    return found


_STAYING = frozenset({"resolve", "absolute", "expanduser"})


def path_method(path: FilePath, name: str, call: Call) -> Value[Any]:
    """`Path(…).resolve()` and its like."""
    if name in _STAYING:
        return combine(lambda: FilePath(_absolute(path)), span=call.span)
    if name == "joinpath":
        return combine(
            lambda *parts: FilePath(posixpath.join(path, *map(_as_path, parts))),
            *call.arguments,
            span=call.span,
        )
    if name in ("as_posix", "__str__", "__fspath__"):
        return Value.of(str(path), call.span)
    if name == "is_absolute":
        return Value.of(path.startswith("/"), call.span)
    if name in operations.TEXT_METHODS and not hasattr(posixpath, name):
        return call.unknown(f"the method {name} is not evaluated")
    return call.unknown("it depends on files that are not in the repository")


# --- lists and dicts

_MUTATIONS = frozenset(
    "append extend insert remove update setdefault pop add discard clear sort reverse appendleft popitem".split()  # noqa: SIM905
)


def is_mutation(name: str) -> bool:
    return name in _MUTATIONS


def mutated(value: Value[Any], name: str, call: Call) -> Value[Any]:
    """What a list or dict is after `value.name(…)`."""
    found: list[Value[Any]] = []
    for alt in value.alternatives:
        if isinstance(alt.value, Seq):
            after = _mutated_list(alt.value, name, call)
        elif isinstance(alt.value, Map):
            after = _mutated_dict(alt.value, name, call)
        else:
            after = Value((alt,))
        kept = tuple(replace(one, span=alt.span, written=alt.written) for one in after.alternatives)
        found.append(Value(kept, after.unknown).when(alt.guard))
    if value.unknown:
        found.append(Value((), value.unknown))
    return Value.either(*found)


def _mutated_list(data: Seq, name: str, call: Call) -> Value[Any]:
    span, first = call.span, call.arguments[0] if call.arguments else Value.of(None, call.span)
    base = Value.of(data, span)
    if not call.is_whole:
        return Value.of(Seq(data.items, data.rest or Unknown("arguments that are not known", span)), span)
    if name in ("append", "add"):
        return Value.of(Seq((*data.items, first), data.rest), span)
    if name == "appendleft":
        return Value.of(Seq((first, *data.items), data.rest), span)
    if name in ("extend", "update"):
        return operations.binary(ast.Add, base, call.evaluator.iterated(first, span), span)
    if name == "insert" and len(call.arguments) == 2:
        return combine(lambda index: operations.inserted(data, index, call.arguments[1]), first, span=span)
    if name in ("remove", "discard"):
        return combine(lambda item: operations.removed(data, item), first, span=span)
    if name == "clear":
        return Value.of(Seq(), span)
    if name == "sort" and not call.keywords:
        return Value.of(_in_order(data), span)
    if name == "reverse":
        return Value.of(Seq(data.items[::-1], data.rest), span)
    if name == "pop":
        return combine(lambda index=-1: _without(data, index), *call.arguments[:1], span=span)
    return Value.not_known(f"changed by {name} in a way that is not followed", span)


def _without(data: Seq, index: Any) -> Seq:
    if data.rest or not isinstance(index, int) or not -len(data.items) <= index < len(data.items):
        raise Impossible("which item it takes is not known")
    items = list(data.items)
    del items[index]
    return Seq(tuple(items))


def _mutated_dict(data: Map, name: str, call: Call) -> Value[Any]:
    span, first = call.span, call.arguments[0] if call.arguments else None
    base = Value.of(data, span)
    if not call.is_whole:
        return Value.of(
            Map(data.entries, data.rest or Unknown("arguments that are not known", span), data.span), span
        )
    if name == "update":
        return combine(merge_maps, base, _dict(call), span=span)
    key = first.only(None) if first else None
    if name not in ("clear", "setdefault", "pop", "popitem"):
        return Value.not_known(f"a dict has no method {name}", span)
    if name == "clear":
        return Value.of(Map({}, None, data.span), span)
    if not isinstance(key, str):
        why = Unknown("a key that is not known", span)
        return operations.replaced(base, (Value((), why),), Value((), why), span)
    if name == "setdefault":
        if key in data.entries or data.rest:
            return base
        given = call.arguments[1] if len(call.arguments) > 1 else Value.of(None, span)
        return operations.replaced(base, (Value.of(key, span),), given, span)
    if name == "pop":
        return Value.of(Map({k: v for k, v in data.entries.items() if k != key}, data.rest, data.span), span)
    return Value.not_known(f"changed by {name} in a way that is not followed", span)


def mutation_answer(receiver: Value[Any], name: str, call: Call) -> Value[Any]:
    """What a call that changes its receiver gives back."""
    if name in ("pop", "setdefault", "popitem"):
        data = receiver.only(None)
        if isinstance(data, Map) and call.arguments:
            return dict_method(data, "get", call)
        return call.unknown(f"what {name} gives is not followed")
    return Value.of(None, call.span)


def list_method(data: Seq, name: str, call: Call) -> Value[Any]:
    """A method of a list that does not change it."""
    if name == "index":
        return combine(lambda item: operations.index_of(data, item), *call.arguments[:1], span=call.span)
    if name == "copy":
        return Value.of(operations.copied(data), call.span)
    if name == "union" and call.arguments:
        return operations.binary(ast.BitOr, Value.of(data, call.span), call.arguments[0], call.span)
    return call.unknown(f"the method {name} is not evaluated")


def dict_method(data: Map, name: str, call: Call) -> Value[Any]:
    """A method of a dict that does not change it."""
    if name in ("get", "pop", "setdefault") and call.arguments:
        return _dict_get(data, call)
    if name == "copy":
        return Value.of(operations.copied(data), call.span)
    views: dict[str, Callable[[], Any]] = {
        "keys": lambda: operations.keys_of(data),
        "values": lambda: operations.values_of(data),
        "items": lambda: operations.pairs_of(data, call.span),
    }
    if name in views:
        return combine(views[name], span=call.span)
    return call.unknown(f"the method {name} is not evaluated")


def _dict_get(data: Map, call: Call) -> Value[Any]:
    default = call.argument(1, "default") or Value.of(None, call.span)

    def look(key: Any) -> Value[Any]:
        if not isinstance(key, str):
            return call.unknown("a key that is not known")
        if key in data.entries:
            entry = data.entries[key]
            missing = entry.sometimes(lambda value: value is None)
            absent = [default.when(alt.guard) for alt in missing if not alt.written]
            return Value.either(
                Value(
                    tuple(a for a in entry.alternatives if a.written or a.value is not None), entry.unknown
                ),
                *absent,
            )
        return Value(default.alternatives, data.rest or default.unknown)

    key = call.arguments[0]
    found = key.bind(look)
    if key.unknown:
        every = [Value(entry.alternatives, entry.unknown) for entry in data.entries.values()]
        return Value(
            Value.either(found, default, *every).alternatives, operations.derived(key.unknown, call.span)
        )
    return found


def namespace_method(names: Namespace, name: str, call: Call) -> Value[Any]:
    key = call.arguments[0].only(None) if call.arguments else None
    if name == "get" and isinstance(key, str):
        slot = names.scope.slots.get(key)
        return slot.value if slot else call.argument(1, "default") or Value.of(None, call.span)
    return call.unknown("the names of the module are not followed")


# --- django-environ, environs


@_handles(
    "environ.Env", "environ.FileAwareEnv", "environs.Env", "environs.FileAwareEnv", "environ.environ.Env"
)
def _env(call: Call) -> Value[Any]:
    schema: dict[str, tuple[Value[Any], Value[Any] | None]] = {}
    for name, value in call.keywords.items():
        pair = value.only(None)
        if isinstance(pair, Seq) and len(pair) == 2:
            schema[name] = (pair.items[0], pair.items[1])
        else:
            schema[name] = (value, None)
    return Value.of(EnvReader(schema), call.span)


@_handles(
    "environ.Env.read_env",
    "environ.read_env",
    "dotenv.load_dotenv",
    "dotenv.read_dotenv",
    "environs.env.read_env",
)
def _read_env(call: Call) -> Value[Any]:
    return Value.of(None, call.span)


_HANDLERS["environs.env"] = lambda call: read_env(EnvReader(), "", call)

_TEXT_READERS = frozenset(
    {"", "str", "unicode", "bytes", "get_value", "url", "path", "enum", "uuid", "email", "log_level"}
)


def read_env(reader: EnvReader, kind: str, call: Call) -> Value[Any]:
    """`env("NAME")`, `env.bool("NAME", default=…)` and the like."""
    if kind in ("read_env", "read_envfile", "seal", "prefixed", "escape_proxy"):
        return Value.of(None, call.span)
    named = {"db": "DATABASE_URL", "db_url": "DATABASE_URL", "cache": "CACHE_URL", "cache_url": "CACHE_URL"}
    named |= {
        "email": "EMAIL_URL",
        "email_url": "EMAIL_URL",
        "search_url": "SEARCH_URL",
        "dj_db_url": "DATABASE_URL",
    }
    name = call.argument(0, "var")
    key = name.only(None) if name else named.get(kind)
    if not isinstance(key, str):
        return call.unknown("an environment variable whose name is not known here")
    declared, default = reader.schema.get(key, (None, None))
    given = call.keywords.get("default") or _positional_default(kind, call)
    cast = call.keywords.get("cast") or (declared if kind in ("", "get_value") else None)
    default = given or default
    if default is None:
        call.evaluator.risk("env", key)
    else:
        default = _url_default(kind, default, call.span)
    value = call.evaluator.env(reader.prefix + key, default, call.span)
    given_by = Value(
        tuple(alt for alt in value.alternatives if not operations.is_unset(alt.guard)), value.unknown
    )
    read = _converted(given_by, kind, cast, call)
    fallback = tuple(alt for alt in value.alternatives if operations.is_unset(alt.guard))
    return Value((*fallback, *read.alternatives), read.unknown)


def _positional_default(kind: str, call: Call) -> Value[Any] | None:
    """The default by its place: `env(name, cast, default)` in django-environ, else `env.bool(name, default)`."""
    place = 2 if kind == "get_value" or (kind == "" and len(call.arguments) > 2) else 1
    return call.arguments[place] if len(call.arguments) > place else None


def _converted(value: Value[Any], kind: str, cast: Value[Any] | None, call: Call) -> Value[Any]:
    """The text of a variable, as the reader converts it."""
    if kind in _TEXT_READERS and cast is None:
        return value
    name = cast.only(None) if cast else None
    wanted = name.name.removeprefix("builtins.") if isinstance(name, Library) else kind
    known = Value(value.alternatives)
    if wanted == "str":
        return value
    if known.alternatives:
        known = combine(lambda text: _cast(wanted, text, call.span), known, span=call.span)
    unknown = operations.derived(value.unknown, call.span) if value.unknown else known.unknown
    return Value(known.alternatives, unknown)


def _cast(kind: str, text: Any, span: Span) -> Any:
    if kind == "bool":
        return str(text).strip().lower() in _TRUE
    if kind in ("int", "float"):
        return (int if kind == "int" else float)(text)
    if kind in ("list", "tuple", "set", "frozenset"):
        return Seq(tuple(Value.of(part.strip(), span) for part in str(text).split(",") if part.strip()))
    if kind in ("db", "db_url", "dj_db_url"):
        return database_url(str(text), span)
    if kind in ("cache", "cache_url"):
        return cache_url(str(text), span)
    if kind == "json":
        return wrapped(json.loads(text), span)
    raise Impossible("a conversion that is not evaluated")


def _url_default(kind: str, default: Value[Any], span: Span) -> Value[Any]:
    if kind in ("db", "db_url", "dj_db_url", "cache", "cache_url"):
        return combine(
            lambda text: _cast(kind, text, span) if isinstance(text, str) else text, default, span=span
        )
    if kind in ("list", "tuple") and default.sometimes(lambda data: isinstance(data, str)):
        return combine(
            lambda text: _cast(kind, text, span) if isinstance(text, str) else text, default, span=span
        )
    return default


_ENGINES = {
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
    "psql": "django.db.backends.postgresql",
    "pgsql": "django.db.backends.postgresql",
    "postgis": "django.contrib.gis.db.backends.postgis",
    "mysql": "django.db.backends.mysql",
    "mysql2": "django.db.backends.mysql",
    "sqlite": "django.db.backends.sqlite3",
    "sqlite3": "django.db.backends.sqlite3",
    "spatialite": "django.contrib.gis.db.backends.spatialite",
    "oracle": "django.db.backends.oracle",
}
_CACHES = {
    "dbcache": "django.core.cache.backends.db.DatabaseCache",
    "dummycache": "django.core.cache.backends.dummy.DummyCache",
    "filecache": "django.core.cache.backends.filebased.FileBasedCache",
    "locmemcache": "django.core.cache.backends.locmem.LocMemCache",
    "memcache": "django.core.cache.backends.memcached.PyMemcacheCache",
    "pymemcache": "django.core.cache.backends.memcached.PyMemcacheCache",
    "redis": "django.core.cache.backends.redis.RedisCache",
    "rediscache": "django.core.cache.backends.redis.RedisCache",
}


def database_url(text: str, span: Span) -> Map:
    """The `DATABASES` entry of a database URL."""
    parts = urlsplit(text)
    if parts.scheme not in _ENGINES:
        raise Impossible("a database URL that is not known")
    entries: dict[str, Any] = {
        "ENGINE": _ENGINES[parts.scheme],
        "NAME": unquote(parts.path.lstrip("/")) or ":memory:",
    }
    entries |= {"USER": unquote(parts.username or ""), "PASSWORD": unquote(parts.password or "")}
    entries |= {"HOST": parts.hostname or "", "PORT": str(parts.port or "")}
    return Map({key: Value.of(entry, span) for key, entry in entries.items()}, None, span)


def cache_url(text: str, span: Span) -> Map:
    """The `CACHES` entry of a cache URL."""
    parts = urlsplit(text)
    if parts.scheme not in _CACHES:
        raise Impossible("a cache URL that is not known")
    location = parts.path if parts.scheme == "filecache" else parts.netloc + parts.path
    entries = {"BACKEND": _CACHES[parts.scheme], "LOCATION": location}
    return Map({key: Value.of(entry, span) for key, entry in entries.items()}, None, span)


# --- dj-database-url, django-cache-url


@_handles("dj_database_url.config", "django_cache_url.config")
def _dj_config(call: Call) -> Value[Any]:
    is_cache = _dotted(call.node.func).startswith("django_cache_url")
    name = call.keywords.get("env") or Value.of("CACHE_URL" if is_cache else "DATABASE_URL", call.span)
    if call.arguments and is_cache is False:
        name = call.arguments[0]
    key = name.only(None)
    if not isinstance(key, str):
        return call.unknown("an environment variable whose name is not known here")
    default = call.argument(1, "default")
    if default is None:
        return Value((), call.evaluator.env(key, Value.of(None, call.span), call.span).unknown)
    value = call.evaluator.env(key, default, call.span)
    return _parsed(value, call)


@_handles("dj_database_url.parse", "django_cache_url.parse")
def _dj_parse(call: Call) -> Value[Any]:
    return _parsed(call.arguments[0], call) if call.arguments else call.unknown("a URL")


def _parsed(value: Value[Any], call: Call) -> Value[Any]:
    kind = "cache" if "cache" in _dotted(call.node.func) else "db"
    known = combine(lambda text: _cast(kind, text, call.span), Value(value.alternatives), span=call.span)
    if not value.alternatives:
        known = Value()
    extra = {
        key.upper(): item
        for key, item in call.keywords.items()
        if key in ("conn_max_age", "conn_health_checks")
    }
    if extra:
        known = known.map(lambda data: Map({**data.entries, **extra}, data.rest, data.span))
    return Value(
        known.alternatives, operations.derived(value.unknown, call.span) if value.unknown else known.unknown
    )


def _dotted(node: ast.expr) -> str:
    return ast.unparse(node)[:200] if isinstance(node, (ast.Name, ast.Attribute)) else ""


# --- python-decouple


@_handles("decouple.Csv")
def _csv(call: Call) -> Value[Any]:
    delimiter = call.argument(1, "delimiter")
    return Value.of(CsvCast(str(delimiter.only(",")) if delimiter else ","), call.span)


@_handles("decouple.AutoConfig", "decouple.Config", "prettyconf.Configuration")
def _decouple_reader(call: Call) -> Value[Any]:
    return Value.of(Library("decouple.config"), call.span)


@_handles("decouple.config", "prettyconf.config", "starlette.config.Config.config")
def _decouple(call: Call) -> Value[Any]:
    name = call.argument(0, "option")
    key = name.only(None) if name else None
    if not isinstance(key, str):
        return call.unknown("an environment variable whose name is not known here")
    default = call.argument(1, "default")
    cast = call.argument(2, "cast")
    if default is None:
        call.evaluator.risk("env", key)
    value = call.evaluator.env(key, default, call.span)
    return _decouple_cast(value, cast, call) if cast is not None else value


def _decouple_cast(value: Value[Any], cast: Value[Any], call: Call) -> Value[Any]:
    data = cast.only(None)
    known = Value(value.alternatives)
    unknown = value.unknown
    if isinstance(data, Library) and data.name == "builtins.str":
        return value
    if isinstance(data, Library) and data.name == "builtins.bool" and known.alternatives:
        known = combine(
            lambda text: text if isinstance(text, bool) else boolean_text(text), known, span=call.span
        )
    elif isinstance(data, CsvCast) and known.alternatives:
        known = combine(lambda text: _split_csv(text, data.delimiter, call.span), known, span=call.span)
    elif isinstance(data, Library) and data.name in ("builtins.int", "builtins.float") and known.alternatives:
        known = _HANDLERS[data.name](replace(call, arguments=(known,)))
    elif isinstance(data, (Function, Library)) and known.alternatives:
        known = call.evaluator.call(cast, _with(call, (known,)))
    elif known.alternatives:
        known = Value((), Unknown("a conversion that is not evaluated", call.span))
    return Value(known.alternatives, operations.derived(unknown, call.span) if unknown else known.unknown)


def _split_csv(text: Any, delimiter: str, span: Span) -> Seq:
    if not isinstance(text, str) or '"' in text or not delimiter:
        raise Impossible("a list that is not evaluated")
    return Seq(tuple(Value.of(part.strip(), span) for part in text.split(delimiter) if part.strip()))


# --- django-configurations


def _value_class(kind: str) -> Handler:
    def build(call: Call) -> Value[Any]:
        default = call.argument(0, "default")
        reads = call.keywords.get("environ")
        name = call.keywords.get("environ_name")
        prefix = call.keywords.get("environ_prefix")
        return Value.of(
            Configured(
                kind,
                default,
                reads is None or reads.only(True) is not False,
                str(name.only("")) if name else "",
                str(prefix.only("") or "") if prefix else "DJANGO",
            ),
            call.span,
        )

    return build


for _kind in [
    "Value",
    "BooleanValue",
    "IntegerValue",
    "FloatValue",
    "DecimalValue",
    "ListValue",
    "TupleValue",
    "SetValue",
    "DictValue",
    "SecretValue",
    "DatabaseURLValue",
    "CacheURLValue",
    "EmailURLValue",
    "PathValue",
    "EmailValue",
    "URLValue",
    "IPValue",
    "RegexValue",
    "SingleNestedListValue",
    "SingleNestedTupleValue",
    "BackendsValue",
    "PositiveIntegerValue",
]:
    _HANDLERS[f"configurations.values.{_kind}"] = _value_class(_kind)


def configured(evaluator: Expressions, value: Configured, name: str, span: Span) -> Value[Any]:
    """What a `values.…Value` of a configuration class is, under the name it is assigned to."""
    default = value.default
    if not value.reads_environment:
        return default.at(span) if default else Value.of(None, span)
    chosen = value.environ_name or name
    if value.kind in ("DatabaseURLValue", "CacheURLValue", "EmailURLValue") and not value.environ_name:
        return Value.not_known(f"the URL that {name} is read from is not known here", span)
    key = f"{value.environ_prefix}_{chosen}" if value.environ_prefix else chosen
    if default is None and value.kind == "SecretValue":
        return evaluator.env(key, None, span)
    read = evaluator.env(key, default or Value.of(None, span), span)
    if value.kind == "Value" or read.unknown is None:
        return read
    return Value(read.alternatives, operations.derived(read.unknown, span))


# --- split-settings, dynaconf


@_handles("split_settings.tools.optional")
def _optional(call: Call) -> Value[Any]:
    return combine(lambda path: OptionalFile(_as_path(path)), *call.arguments[:1], span=call.span)


@_handles("split_settings.tools.include")
def _include(call: Call) -> Value[Any]:
    for pattern in call.arguments:
        call.evaluator.include(pattern, call.frame, call.span)
    return Value.of(None, call.span)


@_handles(
    "dynaconf.DjangoDynaconf", "dynaconf.contrib.DjangoDynaconf", "dynaconf.contrib.django_dynaconf_v2.load"
)
def _dynaconf(call: Call) -> Value[Any]:
    call.evaluator.open(call.frame.module.scope, Unknown("dynaconf may set any setting", call.span))
    return call.unknown("dynaconf's settings are not followed")


# --- URL configurations


def _url(kind: str) -> Handler:
    def build(call: Call) -> Value[Any]:
        nothing = Value.of(None, call.span)
        route = (
            nothing
            if kind == "include"
            else call.argument(0, "route") or call.argument(0, "regex") or nothing
        )
        place = 0 if kind == "include" else 1
        target = call.argument(place, "arg" if kind == "include" else "view") or nothing
        view = _called(call.node.args[place]) if len(call.node.args) > place else ""
        name = call.keywords.get("name") or (call.arguments[3] if len(call.arguments) > 3 else nothing)
        return Value.of(Url(kind, route, target, view, name, call.span), call.span)

    return build


def _called(node: ast.expr) -> str:
    """The name of a view, without the call that makes it (`Home.as_view()`)."""
    return _dotted(node.func if isinstance(node, ast.Call) else node)


for _module in ("django.urls", "django.conf.urls", "django.urls.conf"):
    for _kind in ("path", "re_path", "url", "include"):
        _HANDLERS[f"{_module}.{_kind}"] = _url(_kind)


@_handles("django.conf.urls.i18n.i18n_patterns")
def _i18n_patterns(call: Call) -> Value[Any]:
    inner = Value.of(Seq(call.arguments), call.span)
    nothing = Value.of(None, call.span)
    return Value.of(
        Seq((Value.of(Url("i18n", nothing, inner, "", nothing, call.span), call.span),)), call.span
    )


@_handles("django.conf.urls.static.static", "django.contrib.staticfiles.urls.staticfiles_urlpatterns")
def _static(call: Call) -> Value[Any]:
    """Only in debug mode does it give anything."""
    return Value.of(Seq(), call.span)


_PACKAGES = frozenset(name.partition(".")[0] for name in _HANDLERS) | {
    "celery",
    "storages",
    "rest_framework",
    "sentry_sdk",
}


def is_known_package(top: str) -> bool:
    """Whether a folder of that name is more likely not what an import means."""
    return top in _PACKAGES


def described(data: object) -> str:
    """Why an object is no plain value."""
    if isinstance(data, Library):
        top = data.name.removeprefix("builtins.")
        return f"`{top}` is not evaluated" if "[" in top else f"`{top}` is not in the repository"
    return f"a {type(data).__name__.lower()}, which is no plain value"
