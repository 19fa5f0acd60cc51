"""Statements and imports of settings files, followed branch by branch without running any of them."""

from __future__ import annotations

import ast
import posixpath
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from djaws.errors import Refused
from djaws.files import Tree
from djaws.finding import Span, Undecided
from djaws.model.django import libraries, operations
from djaws.model.django.defaults import GLOBAL
from djaws.model.django.expressions import (
    MAX_LOOP,
    Expressions,
    Risk,
    TooMuch,
    changed_roots,
    last_name,
    step_into,
)
from djaws.model.django.imports import Resolver
from djaws.model.django.objects import (
    CHECKOUT,
    OPEN,
    UNSET,
    Class,
    Frame,
    Function,
    Library,
    Module,
    OptionalFile,
    Scope,
    Slot,
)
from djaws.model.django.operations import conjoin, under
from djaws.model.value import ALWAYS, Guard, Map, Seq, Unknown, Value

MAX_MODULES = 200
MAX_IMPORT_DEPTH = 24

#: Optional modules by these names are a developer's or a server's own settings, not packages.
_OWN_WORDS = ("local", "setting", "secret", "conf", "env", "private", "override")
_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError"})
_ANY_ERROR = frozenset({"", "Exception", "BaseException"})
_ENV_ERRORS = frozenset(
    {"KeyError", "ImproperlyConfigured", "LookupError", "UndefinedValueError", "EnvError"}
)
_CALLS_ALWAYS_PLAIN = frozenset(
    {"property", "staticmethod", "classmethod", "cache", "lru_cache", "cached_property"}
)

Slots = dict[str, Slot]


class MissingModule(Exception):
    """An import that fails on this checkout. `may_appear` is the evidence that a deployment creates the module."""

    def __init__(self, name: str, span: Span, may_appear: bool) -> None:
        super().__init__(name)
        self.name = name
        self.span = span
        self.may_appear = may_appear


class Interpreter(Expressions):
    """Follows one settings module and all that it imports."""

    def __init__(
        self, tree: Tree, roots: Sequence[str], environment: Mapping[str, Value[Any]] | None = None
    ) -> None:
        super().__init__()
        self.tree = tree
        self.resolver = Resolver(tree, roots)
        self.environment = dict(environment or {})
        self.modules: dict[str, Module] = {}
        self.undecided: list[Undecided] = []
        self._import_depth = 0

    # --- modules

    def load(self, path: str) -> Module:
        """The module at `path`, evaluated once; partly, where imports go round in circles."""
        known = self.modules.get(path)
        if known is not None:
            return known
        module = self.modules[path] = Module(path, posixpath.dirname(path))
        if len(self.modules) > MAX_MODULES or self._import_depth >= MAX_IMPORT_DEPTH:
            self.open(module.scope, Unknown("imports that go too deep", Span(path)))
            return module
        parsed = self._parse(module)
        if parsed is None:
            return module
        self._import_depth += 1
        nesting, self._nesting = self._nesting, max(self._nesting, self._import_depth * 3)
        risks, self._risks = self._risks, []
        try:
            self.run(parsed.body, Frame(module, module.scope))
        finally:
            self._import_depth -= 1
            self._nesting = nesting
            self._risks = risks
        return module

    def _parse(self, module: Module) -> ast.Module | None:
        line: int | None = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.tree.text(module.path))
        except Refused as refused:
            because = refused.because
        except SyntaxError as error:
            because, line = f"cannot be parsed: {error.msg}", error.lineno or None
        except (ValueError, RecursionError, MemoryError) as error:
            because = f"cannot be parsed: {error}"
        span = Span(module.path, line)
        self.undecided.append(Undecided("gate/unparsable-file", span, because))
        self.open(module.scope, Unknown(f"{module.path} {because}", span))
        return None

    def module(self, dotted: str, frame: Frame) -> Module | None:
        level = len(dotted) - len(dotted.lstrip("."))
        path = self._resolve(dotted.lstrip("."), level, frame.module)
        return self._module_at(path) if path is not None else None

    def submodule(self, module: Module, name: str) -> Module | None:
        if not module.path.endswith("/__init__.py") and module.path.endswith(".py"):
            return None
        folder = module.path.removesuffix("/__init__.py")
        found = self.resolver.at(f"{folder}/{name}" if folder else name)
        return self._module_at(found) if found is not None else None

    def _module_at(self, path: str) -> Module:
        """A file's module, or for a folder without `__init__.py` one that has submodules only."""
        return self.load(path) if path.endswith(".py") else Module(path, path)

    def _resolve(self, dotted: str, level: int, module: Module) -> str | None:
        """The file, or the folder, that an import names; None when it is not in the repository."""
        found = self.resolver.resolve(dotted, level, module.package)
        is_folder = found is not None and not found.endswith(".py")
        return (
            None
            if is_folder and not level and libraries.is_known_package(dotted.partition(".")[0])
            else found
        )

    # --- files that share one scope

    def include(self, pattern: Value[Any], frame: Frame, span: Span) -> None:
        """split-settings' `include`: the files that a pattern names, run in the scope of the module that includes them."""
        arms: list[tuple[tuple[Guard, ...], Callable[[], bool]]] = []
        for alternative in pattern.alternatives:
            text = alternative.value if isinstance(alternative.value, str) else ""
            optional = isinstance(alternative.value, OptionalFile)
            arms.append(((alternative.guard,), partial(self._include_text, text, optional, frame, span)))
        if pattern.unknown is not None:
            chosen = list(self._chosen_by_environment(pattern.unknown, frame))
            if not chosen:
                self.open(frame.scope, pattern.unknown)
                return
            for name, path in chosen:
                arms.append(((name,), partial(self._include_files, [path], frame)))
        self.branch(frame, arms)

    def _include_text(self, text: str, optional: bool, frame: Frame, span: Span) -> bool:
        paths = self._glob(text, frame)
        if not paths and optional:
            frame.module.absent = (*frame.module.absent, span)
            if self._may_appear(text.removesuffix(".py").replace("/", "."), 0, frame):
                self.open(frame.scope, Unknown(f"{text} may be there where this is deployed", span))
        elif not paths:
            self.open(frame.scope, Unknown(f"{text} is included, which is not in the repository", span))
        return self._include_files(paths, frame)

    def _glob(self, pattern: str, frame: Frame) -> list[str]:
        """The files that a pattern names from the folder of the module; `*` stays within one folder."""
        if pattern.count("*") > 6:
            return []
        whole = posixpath.normpath(posixpath.join(operations.located(frame.module.package), pattern))
        wanted = whole.removeprefix(f"{CHECKOUT}/")
        expression = re.compile(
            re.escape(wanted).replace(r"\*\*", ".*").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
        )
        return [path for path in self.tree.paths if path.endswith(".py") and expression.fullmatch(path)]

    def _chosen_by_environment(self, unknown: Unknown, frame: Frame) -> Iterator[tuple[Guard, str]]:
        """The files that a pattern with one hole can name, with the value of the variable that chooses each."""
        if (
            unknown.parts.count(None) != 1
            or operations.env_name(replace(unknown, parts=operations.WHOLE)) is None
        ):
            return
        subject = operations.subject_of_env(unknown)
        head, tail = ("".join(part or "" for part in side) for side in _around_hole(unknown.parts))
        for path in self._glob(f"{head}*{tail}", frame):
            start = len(posixpath.join(frame.module.package, head))
            hole = path[start : len(path) - len(tail)]
            if hole and "/" not in hole:
                yield Guard.when(subject, hole), path

    def _include_files(self, paths: Sequence[str], frame: Frame) -> bool:
        for path in paths:
            included = Module(path, posixpath.dirname(path), frame.module.scope)
            parsed = self._parse(included) if self._import_depth < MAX_IMPORT_DEPTH else None
            self.modules.setdefault(path, included)
            if parsed is None:
                continue
            self._import_depth += 1
            try:
                alive = self.run(parsed.body, Frame(included, included.scope, (), frame.path))
            finally:
                self._import_depth -= 1
            frame.module.absent = (*frame.module.absent, *included.absent)
            if not alive:
                return False
        return True

    # --- blocks and branches

    def run(self, body: Sequence[ast.stmt], frame: Frame) -> bool:
        """Follows the statements; whether the end of them can be reached."""
        for statement in body:
            self._steps += 1
            follow = getattr(self, f"_do_{type(statement).__name__}", None)
            if follow is None:
                continue
            self._nesting += 1
            path = frame.path
            try:
                if self._nesting > operations.MAX_DEPTH * 4:
                    self._lose(statement, frame, "nested too deeply")
                elif follow(statement, frame) is False:
                    return False
            except RecursionError:
                frame.path = path
                self._lose(statement, frame, "nested too deeply")
            finally:
                self._nesting -= 1
        return True

    def _lose(self, node: ast.stmt, frame: Frame, because: str) -> None:
        """All that the statement may bind or change is unknown after it."""
        why = Unknown(because, self.span(node, frame))
        for name in sorted(_bound_names(node)):
            slot = frame.scope.slots.get(name)
            known = slot.value.alternatives if slot else ()
            frame.scope.slots[name] = replace(slot or Slot(Value()), value=Value(known, why))
        if _touches_names(node):
            self.open(frame.module.scope, why)

    def branch(self, frame: Frame, arms: Sequence[tuple[tuple[Guard, ...], Callable[[], bool]]]) -> bool:
        """Follows each arm from the same state, under its guards, and joins what they leave."""
        before, path = frame.scope.slots, frame.path
        outcomes: list[tuple[tuple[Guard, ...], Slots, tuple[Guard, ...]]] = []
        followed = 0
        for guards, run in arms:
            reached = conjoin(path, guards)
            if not reached:
                continue
            followed += 1
            frame.scope.slots = dict(before)
            frame.path = reached[: operations.MAX_GUARDS] if len(reached) <= operations.MAX_GUARDS else path
            if run():
                outcomes.append((guards, frame.scope.slots, frame.path))
        return self._join(frame, before, path, outcomes, followed)

    def _join(
        self,
        frame: Frame,
        before: Slots,
        path: tuple[Guard, ...],
        outcomes: Sequence[tuple[tuple[Guard, ...], Slots, tuple[Guard, ...]]],
        followed: int,
    ) -> bool:
        if not outcomes:
            frame.scope.slots, frame.path = before, path
            return False
        if len(outcomes) == 1:
            frame.scope.slots = outcomes[0][1]
            frame.path = outcomes[0][2] if followed > 1 else path
            return True
        frame.path = path
        if len(outcomes) < followed:
            ways = tuple(dict.fromkeys(guard for _, _, reached in outcomes for guard in reached))
            frame.path = ways if len(ways) <= operations.MAX_GUARDS else path
        frame.scope.slots = self._joined_slots(frame, before, outcomes)
        return True

    def _joined_slots(
        self,
        frame: Frame,
        before: Slots,
        outcomes: Sequence[tuple[tuple[Guard, ...], Slots, tuple[Guard, ...]]],
    ) -> Slots:
        joined: Slots = {}
        for name in dict.fromkeys(name for _, slots, _ in outcomes for name in slots):
            found = [(guards, slots.get(name)) for guards, slots, _ in outcomes]
            first = found[0][1]
            if first is not None and all(slot is first for _, slot in found):
                joined[name] = first
            elif name == OPEN:
                joined[name] = _joined_open(found)
            else:
                joined[name] = _joined_slot(found, Span(frame.module.path))
        return joined

    # --- statements

    def _do_Expr(self, node: ast.Expr, frame: Frame) -> None:
        if isinstance(node.value, ast.Call):
            self._do_call(node.value, frame)
        elif not isinstance(node.value, ast.Constant):
            self.eval(node.value, frame)

    def _do_call(self, node: ast.Call, frame: Frame) -> bool | None:
        answer = self.eval(node, frame)
        if answer.unknown is not None:
            self._note_changes(node, frame)
        return None

    def _note_changes(self, node: ast.Call, frame: Frame) -> None:
        """A statement that calls something unknown may change the lists and dicts it is given."""
        if isinstance(node.func, ast.Attribute) and _is_silent(node.func):
            return
        why = Unknown("handed to a function that is not followed", self.span(node, frame))
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            self.taint(argument, frame, why)

    def _do_Assign(self, node: ast.Assign, frame: Frame) -> None:
        value = self.eval(node.value, frame)
        span = self.span(node, frame)
        for target in node.targets:
            self.assign(target, value, frame, span)
            if isinstance(target, ast.Name):
                self._inherit(target.id, node.value, value, frame)

    def _do_AnnAssign(self, node: ast.AnnAssign, frame: Frame) -> None:
        if node.value is not None:
            value = self.eval(node.value, frame)
            self.assign(node.target, value, frame, self.span(node, frame))
            if isinstance(node.target, ast.Name):
                self._inherit(node.target.id, node.value, value, frame)

    def _inherit(self, name: str, source: ast.expr, value: Value[Any], frame: Frame) -> None:
        """What `a = b` and `a = b["c"]` keep: under which guards it is unknown, and that both are the same object."""
        slot = frame.scope.slots.get(name)
        if slot is None:
            return
        if isinstance(source, ast.Name):
            origin = self.slot(source.id, frame)
            if origin is not None and origin.unknown_when:
                frame.scope.slots[name] = replace(slot, unknown_when=origin.unknown_when)
        if not value.sometimes(lambda data: isinstance(data, (Seq, Map))):
            return
        keys: list[str] = []
        while (step := step_into(source)) is not None:
            keys.insert(0, step[1])
            source = step[0]
        if isinstance(source, ast.Name) and source.id in frame.scope.slots and source.id != name:
            frame.scope.aliases[name] = (source.id, tuple(keys))

    def _do_AugAssign(self, node: ast.AugAssign, frame: Frame) -> None:
        span = self.span(node, frame)
        addition = self.data(self.eval(node.value, frame), span)
        kind = type(node.op)

        def change(value: Value[Any]) -> Value[Any]:
            value = self.data(value, span)
            if kind is ast.Add and value.sometimes(lambda data: isinstance(data, Seq)):
                return _in_place(operations.binary(kind, value, self.iterated(addition, span), span), value)
            changed = operations.binary(kind, value, addition, span)
            is_container = value.sometimes(lambda data: isinstance(data, (Seq, Map)))
            return _in_place(changed, value) if is_container else changed

        if isinstance(node.target, ast.Name) and node.target.id not in frame.scope.slots:
            self.bind(frame.scope, node.target.id, change(self.eval(node.target, frame)), span)
        else:
            self.change(node.target, change, frame, span)

    def _do_Delete(self, node: ast.Delete, frame: Frame) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                if frame.scope.slots.pop(target.id, None) is None:
                    self.risk("other", "")
            elif isinstance(target, ast.Subscript):
                span = self.span(node, frame)
                key = self._key(target.slice, frame, span).only(None)
                self.change(target.value, partial(_without_key, key=key, span=span), frame, span)

    def _do_If(self, node: ast.If, frame: Frame) -> bool:
        condition = self.test(node.test, frame)
        return self.branch(
            frame,
            (
                (condition.yes, lambda: self.run(node.body, frame)),
                (condition.no, lambda: self.run(node.orelse, frame)),
            ),
        )

    def _do_Match(self, node: ast.Match, frame: Frame) -> bool:
        chain = _as_ifs(node)
        if chain is None:
            self._lose(node, frame, "a match that is not evaluated")
            return True
        return self.run(chain, frame)

    def _do_Return(self, node: ast.Return, frame: Frame) -> bool:
        nothing: Value[Any] = Value.of(None, self.span(node, frame))
        value = self.eval(node.value, frame) if node.value else nothing
        frame.returns.append(under(value, frame.path))
        return False

    def _do_Raise(self, node: ast.Raise, frame: Frame) -> bool:
        self.risk("other", "")
        return False

    def _do_Assert(self, node: ast.Assert, frame: Frame) -> bool:
        condition = self.test(node.test, frame)
        return self.branch(frame, ((condition.yes, lambda: True), (condition.no, lambda: False)))

    def _do_Break(self, node: ast.Break, frame: Frame) -> bool:
        return False

    _do_Continue = _do_Break

    def _do_With(self, node: ast.With | ast.AsyncWith, frame: Frame) -> bool:
        for item in node.items:
            suppressed = _suppressed(item.context_expr)
            if suppressed:
                handler = ast.ExceptHandler(
                    type=suppressed, name=None, body=[ast.copy_location(ast.Pass(), node)]
                )
                attempt = ast.copy_location(ast.Try(node.body, [handler], [], []), node)
                return self._do_Try(attempt, frame)
            value = self.eval(item.context_expr, frame)
            if item.optional_vars is not None:
                because = (
                    "a file that is read"
                    if _calls_open(item.context_expr)
                    else "a context that is not followed"
                )
                opened = Value.not_known(because, self.span(node, frame))
                self.assign(
                    item.optional_vars, value if value.alternatives else opened, frame, self.span(node, frame)
                )
        return self.run(node.body, frame)

    _do_AsyncWith = _do_With

    def _do_For(self, node: ast.For, frame: Frame) -> bool | None:
        span = self.span(node, frame)
        items = self.iterated(self.eval(node.iter, frame), span).only(None)
        if not isinstance(items, Seq) or not _is_plain_list(items) or _jumps(node):
            self._lose(node, frame, "changed in a loop that is not followed")
            return None
        targets = {inner.id for inner in ast.walk(node.target) if isinstance(inner, ast.Name)}
        if targets & set().union(*map(changed_roots, node.body)):
            self.taint(node.iter, frame, Unknown("its items are changed in a loop", span))
        for item in items:
            self.assign(node.target, item, frame, span)
            if not self.run(node.body, frame):
                return False
        return self.run(node.orelse, frame)

    def _do_AsyncFor(self, node: ast.AsyncFor, frame: Frame) -> None:
        self._lose(node, frame, "changed in a loop that is not followed")

    def _do_While(self, node: ast.While, frame: Frame) -> None:
        condition = self.test(node.test, frame)
        if condition.yes:
            self._lose(node, frame, "changed in a loop that is not followed")

    # --- definitions

    def _do_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> None:
        names = {last_name(decorator) for decorator in node.decorator_list}
        span = self.span(node, frame)
        value: Value[Any] = Value.of(
            Function(node, _defining(frame), bool(names & {"property", "cached_property"})), span
        )
        if names - _CALLS_ALWAYS_PLAIN:
            value = Value.not_known("a decorated function, which is not followed", span)
        self.bind(frame.scope, node.name, value, span)

    _do_AsyncFunctionDef = _do_FunctionDef

    def _do_ClassDef(self, node: ast.ClassDef, frame: Frame) -> None:
        span = self.span(node, frame)
        bases: list[Class | Library] = []
        why: Unknown | None = None
        for base in node.bases:
            data = self.eval(base, frame).only(None)
            if isinstance(data, (Class, Library)):
                bases.append(data)
            else:
                why = Unknown("a base class that is not known", self.span(base, frame))
        made = Class(node.name, Scope(), tuple(bases))
        inner = Frame(frame.module, made.scope, _enclosing(frame), frame.path)
        self.run(node.body, inner)
        if why or _has_foreign_base(made):
            made = replace(made, open=why or Unknown("a base class that is not in the repository", span))
        self.bind(frame.scope, node.name, Value.of(made, span), span)

    def _do_Global(self, node: ast.Global, frame: Frame) -> None:
        for name in node.names:
            slot = frame.module.scope.slots.get(name)
            if slot is not None:
                why = Unknown("changed inside a function", self.span(node, frame))
                frame.module.scope.slots[name] = replace(slot, value=Value(slot.value.alternatives, why))

    # --- imports

    def _do_Import(self, node: ast.Import, frame: Frame) -> None:
        span = self.span(node, frame)
        for alias in node.names:
            top = alias.name.partition(".")[0]
            path = self._resolve(alias.name, 0, frame.module)
            if path is None:
                self._missing(alias.name, 0, frame, span, is_star=False)
                library = Library(alias.name if alias.asname else top)
                self.bind(frame.scope, alias.asname or top, Value.of(library, span), span)
                continue
            module = self._module_at(path)
            if alias.asname is None and "." in alias.name:
                found = self._resolve(top, 0, frame.module)
                module = self._module_at(found) if found is not None else module
            self.bind(frame.scope, alias.asname or top, Value.of(module, span), span)

    def _do_ImportFrom(self, node: ast.ImportFrom, frame: Frame) -> None:
        span = self.span(node, frame)
        dotted = node.module or ""
        path = self._resolve(dotted, node.level, frame.module)
        for alias in node.names:
            if alias.name == "*":
                self._import_all(dotted, node.level, path, frame, span)
            else:
                value, slot = self._imported(dotted, node.level, path, alias.name, frame, span)
                self.bind(frame.scope, alias.asname or alias.name, value, span)
                if slot is not None:
                    self._carry(frame, alias.asname or alias.name, slot)

    def _carry(self, frame: Frame, name: str, slot: Slot) -> None:
        """An imported name keeps the place where its value was set."""
        bound = frame.scope.slots[name]
        frame.scope.slots[name] = replace(slot, chain=(*bound.chain, *slot.chain)[-8:], origins=slot.origins)

    def _imported(
        self, dotted: str, level: int, path: str | None, name: str, frame: Frame, span: Span
    ) -> tuple[Value[Any], Slot | None]:
        if path is None:
            self._missing(dotted, level, frame, span, is_star=False)
            if level:
                return Value.not_known(f"{'.' * level}{dotted} is not in the repository", span), None
            found = libraries.constant(f"{dotted}.{name}", span)
            return found or Value.of(Library(f"{dotted}.{name}"), span), None
        module = self._module_at(path)
        slot = module.scope.slots.get(name)
        if slot is not None and name != OPEN:
            return slot.value, slot
        inner = self.submodule(module, name)
        if inner is not None:
            return Value.of(inner, span), None
        why = module.scope.open
        if why is None:
            self.risk("import", f"{dotted}.{name}")
        return Value.not_known(why.because if why else f"{name} is not defined in {module.path}", span), None

    def _missing(self, dotted: str, level: int, frame: Frame, span: Span, *, is_star: bool) -> None:
        """An import of what is not in the repository: it fails here when it is the project's own, else it may."""
        if not self._risks:
            return
        top = dotted.partition(".")[0]
        own = bool(level) or (is_star and any(word in dotted.lower() for word in _OWN_WORDS))
        own = own or any(word in top.lower() for word in ("local_", "_local", "settings"))
        own = own or (top != dotted and self._resolve(top, 0, frame.module) is not None)
        if own:
            raise MissingModule(dotted, span, self._may_appear(dotted, level, frame))
        if top not in sys.stdlib_module_names:
            self.risk("import", dotted)

    def _may_appear(self, dotted: str, level: int, frame: Frame) -> bool:
        """Whether the repository holds a template or an example of the module."""
        stem = dotted.rpartition(".")[2]
        folder = frame.module.package
        for path in self.tree.paths:
            name = posixpath.basename(path)
            is_template = name.startswith((f"{stem}.", f"{stem}_", f"{stem}-")) or name in (
                f"example_{stem}.py",
            )
            if is_template and name != f"{stem}.py" and posixpath.dirname(path).startswith(folder or ""):
                return not name.endswith(".pyc")
        return False

    def _import_all(self, dotted: str, level: int, path: str | None, frame: Frame, span: Span) -> None:
        if path is None:
            if not level and dotted == "django.conf.global_settings":
                for name in GLOBAL:
                    value = libraries.constant(f"{dotted}.{name}", span)
                    if value is not None:
                        self.bind(frame.scope, name, value, span)
                return
            self._missing(dotted, level, frame, span, is_star=True)
            where = "." * level + dotted
            self.open(
                frame.scope,
                Unknown(f"everything in `{where}` is imported, which is not in the repository", span),
            )
            return
        module = self._module_at(path)
        why = module.scope.open
        if why is not None:
            self.open(frame.scope, why)
        exported = _exported(module)
        for name, slot in list(module.scope.slots.items()):
            if name == OPEN or (name not in exported if exported is not None else name.startswith("_")):
                continue
            before = frame.scope.slots.get(name)
            chain = (*before.chain, before.value.span) if before and before is not slot else ()
            frame.scope.slots[name] = replace(slot, chain=(*chain, *slot.chain)[-8:])

    # --- try

    def _do_Try(self, node: ast.Try, frame: Frame) -> bool:
        before, path = frame.scope.slots, frame.path
        frame.scope.slots = dict(before)
        first_return = len(frame.returns)
        self._risks.append([])
        missing: MissingModule | None = None
        alive = False
        raising: list[Slots] = []
        try:
            alive = self._run_noting(node.body, frame, raising)
        except MissingModule as error:
            missing = error
        risks = self._risks.pop()
        if self._risks and not any(_names(handler) & _ANY_ERROR for handler in node.handlers):
            self._risks[-1] += risks
        if missing is not None:
            frame.path = path
            return self._after_missing(node, frame, missing) and self.run(node.finalbody, frame)
        handlers = [(handler, risk) for handler in node.handlers if (risk := _caught(handler, risks))]
        if handlers:
            start = self._where_it_raised(frame, before, raising)
            alive = self._join_handlers(node, frame, handlers, (start, path), alive, first_return)
        elif alive:
            alive = self.run(node.orelse, frame)
        return self.run(node.finalbody, frame) and alive

    _do_TryStar = _do_Try

    def _run_noting(self, body: Sequence[ast.stmt], frame: Frame, raising: list[Slots]) -> bool:
        """Follows the body of a `try`, and notes the states in which it may have been left by an exception."""
        for statement in body:
            before, count = dict(frame.scope.slots), len(self._risks[-1])
            alive = self.run([statement], frame)
            if len(self._risks[-1]) > count:
                raising.append(before)
                if isinstance(statement, (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)):
                    why = Unknown(
                        "changed where an exception may have come between", self.span(statement, frame)
                    )
                    bound = {name: Slot(Value((), why)) for name in _bound_names(statement)}
                    raising.append({**frame.scope.slots, **bound})
            if not alive:
                return False
        return True

    def _where_it_raised(self, frame: Frame, before: Slots, raising: Sequence[Slots]) -> Slots:
        """The state that an exception handler starts from: any of those in which the exception may have come."""
        if len(raising) <= 1:
            return raising[0] if raising else before
        return self._joined_slots(frame, before, [((ALWAYS,), slots, (ALWAYS,)) for slots in raising])

    def _after_missing(self, node: ast.Try, frame: Frame, missing: MissingModule) -> bool:
        handler = next((one for one in node.handlers if _names(one) & (_IMPORT_ERRORS | _ANY_ERROR)), None)
        if handler is None:
            if self._risks:
                raise missing
            self.open(
                frame.scope,
                Unknown(f"`{missing.name}` is imported, which is not in the repository", missing.span),
            )
            return True
        frame.module.absent = (*frame.module.absent, missing.span)
        if missing.may_appear:
            self.open(
                frame.scope, Unknown(f"`{missing.name}` may be there where this is deployed", missing.span)
            )
        return self.run(handler.body, frame)

    def _join_handlers(
        self,
        node: ast.Try,
        frame: Frame,
        handlers: Sequence[tuple[ast.ExceptHandler, list[Risk]]],
        start: tuple[Slots, tuple[Guard, ...]],
        alive: bool,
        first_return: int,
    ) -> bool:
        before, path = start
        fine, fails = self._guards_of(node, [risk for _, risks in handlers for risk in risks], frame)
        outcomes: list[tuple[tuple[Guard, ...], Slots, tuple[Guard, ...]]] = []
        for index in range(first_return, len(frame.returns)):
            frame.returns[index] = under(frame.returns[index], fine)
        if alive:
            frame.path = conjoin(path, fine) or path
            if self.run(node.orelse, frame):
                outcomes.append((fine, frame.scope.slots, frame.path))
        for handler, _ in handlers[:1]:
            frame.scope.slots = dict(before)
            frame.path = conjoin(path, fails) or path
            if self.run(handler.body, frame):
                outcomes.append((fails, frame.scope.slots, frame.path))
        return self._join(frame, before, path, outcomes, 2)

    def _guards_of(
        self, node: ast.Try, risks: Sequence[Risk], frame: Frame
    ) -> tuple[tuple[Guard, ...], tuple[Guard, ...]]:
        """When the body of `try` goes through, and when it does not."""
        names = list(dict.fromkeys(risk.subject for risk in risks if risk.kind == "env"))
        if risks and len(names) == 1 and all(risk.kind == "env" for risk in risks):
            subject = operations.env_subject(names[0])
            return (Guard.unless(subject, UNSET),), (Guard.when(subject, UNSET),)
        imports = list(dict.fromkeys(risk.subject for risk in risks if risk.kind == "import"))
        if len(imports) == 1 and all(risk.kind == "import" for risk in risks):
            subject = f"{imports[0]} is installed"
        else:
            subject = f"what is tried at {frame.module.path}:{node.lineno} succeeds"
        return (Guard.when(subject, True),), (Guard.when(subject, False),)


def evaluate_module(interpreter: Interpreter, path: str) -> Module:
    """The module at `path`; when it takes more steps than it deserves, what is not yet known stays unknown."""
    try:
        return interpreter.load(path)
    except TooMuch:
        module = interpreter.modules[path]
        why = Unknown("the settings take too many steps to evaluate", Span(path))
        interpreter.undecided.append(Undecided("gate/unparsable-file", Span(path), why.because))
        interpreter.open(module.scope, why)
        return module


# --- joining


def _joined_open(found: Sequence[tuple[tuple[Guard, ...], Slot | None]]) -> Slot:
    slots = [slot for _, slot in found if slot is not None]
    guards = [guard for guards, slot in found if slot is not None for guard in _unknown_when(slot, guards)]
    return replace(slots[0], unknown_when=tuple(dict.fromkeys(guards)))


def _joined_slot(found: Sequence[tuple[tuple[Guard, ...], Slot | None]], nowhere: Span) -> Slot:
    values = [(guards, slot.value if slot else Value.absent(nowhere)) for guards, slot in found]
    slots = [slot for _, slot in found if slot is not None]
    value = operations.merged(values)
    chain = tuple(dict.fromkeys(span for slot in slots for span in slot.chain))
    origins = tuple(dict.fromkeys(span for slot in slots for span in slot.origins))
    unknown_when = [
        guard
        for guards, slot in found
        if slot is not None and slot.value.unknown is not None
        for guard in _unknown_when(slot, guards)
    ]
    return Slot(value, chain[-8:], tuple(dict.fromkeys(unknown_when)), origins[:8])


def _unknown_when(slot: Slot, guards: Sequence[Guard]) -> tuple[Guard, ...]:
    return conjoin(slot.unknown_when or (ALWAYS,), guards)


def _in_place(changed: Value[Any], before: Value[Any]) -> Value[Any]:
    """A list or dict that was added to stays where it was written."""
    span = before.span
    return Value(tuple(replace(alt, span=span) for alt in changed.alternatives), changed.unknown)


def _without_key(value: Value[Any], key: Any, span: Span) -> Value[Any]:
    def drop(data: Any) -> Any:
        if isinstance(data, Map) and isinstance(key, str):
            return Map(
                {name: entry for name, entry in data.entries.items() if name != key}, data.rest, data.span
            )
        raise operations.Impossible("deleted in a way that is not followed")

    kept = []
    unknown = value.unknown
    for alt in value.alternatives:
        try:
            kept.append(replace(alt, value=drop(alt.value)))
        except operations.Impossible as error:
            unknown = unknown or Unknown(str(error), span)
    return Value(tuple(kept), unknown)


# --- reading the syntax tree


def _around_hole(parts: tuple[str | None, ...]) -> tuple[tuple[str | None, ...], tuple[str | None, ...]]:
    index = parts.index(None)
    return parts[:index], parts[index + 1 :]


def _bound_names(node: ast.AST) -> set[str]:
    """The names that a statement binds, or changes in place, anywhere inside."""
    names: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, (ast.Store, ast.Del)):
            names.add(inner.id)
        elif isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(inner.name)
        elif isinstance(inner, ast.alias):
            names.add((inner.asname or inner.name).partition(".")[0])
        elif isinstance(inner, (ast.Subscript, ast.Attribute)):
            root: ast.expr = inner
            while isinstance(root, (ast.Subscript, ast.Attribute)):
                root = root.value
            is_change = isinstance(inner.ctx, ast.Store) or (
                isinstance(inner, ast.Attribute) and libraries.is_mutation(inner.attr)
            )
            if is_change and isinstance(root, ast.Name):
                names.add(root.id)
    return names - {OPEN}


def _touches_names(node: ast.AST) -> bool:
    """Whether a statement may set names that it does not spell out."""
    names = ("globals", "locals", "vars", "setattr", "exec", "eval", "__import__")
    return any(
        (isinstance(inner, ast.Name) and inner.id in names)
        or (isinstance(inner, ast.alias) and inner.name == "*")
        for inner in ast.walk(node)
    )


def _is_plain_list(items: Seq) -> bool:
    return items.rest is None and len(items) <= MAX_LOOP and all(map(operations.is_certain, items.items))


def _jumps(node: ast.For) -> bool:
    return any(isinstance(inner, (ast.Break, ast.Continue, ast.Return)) for inner in ast.walk(node))


def _names(handler: ast.ExceptHandler) -> frozenset[str]:
    if handler.type is None:
        return frozenset({""})
    listed = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return frozenset(last_name(one) for one in listed)


def _caught(handler: ast.ExceptHandler, risks: Sequence[Risk]) -> list[Risk]:
    """What of it the handler answers to."""
    names = _names(handler)
    if names & _ANY_ERROR:
        return list(risks)
    kinds = {"import"} if names & _IMPORT_ERRORS else set()
    kinds |= {"env", "other"} if names & _ENV_ERRORS else set()
    if names - _IMPORT_ERRORS - _ENV_ERRORS:
        kinds.add("other")
    return [risk for risk in risks if risk.kind in kinds]


def _suppressed(node: ast.expr) -> ast.expr | None:
    """What `contextlib.suppress(…)` suppresses."""
    if isinstance(node, ast.Call) and last_name(node) == "suppress" and node.args:
        return ast.Tuple(elts=list(node.args), ctx=ast.Load())
    return None


def _calls_open(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node) == "open"


def _is_silent(func: ast.Attribute) -> bool:
    """Whether a method is one that reports and does not change what it is given."""
    return func.attr in (
        "debug",
        "info",
        "warning",
        "error",
        "setLevel",
        "dictConfig",
        "filterwarnings",
        "init",
    )


def _as_ifs(node: ast.Match) -> list[ast.stmt] | None:
    """A match of plain values as a chain of ifs; None when a pattern is anything else."""
    following: list[ast.stmt] = []
    for case in reversed(node.cases):
        test = _pattern_test(node.subject, case.pattern)
        if test is None:
            return None
        if case.guard is not None:
            test = ast.BoolOp(op=ast.And(), values=[test, case.guard])
        branch = ast.If(test=test, body=case.body, orelse=following)
        following = [ast.fix_missing_locations(ast.copy_location(branch, case.body[0]))]
    return following


def _pattern_test(subject: ast.expr, pattern: ast.pattern) -> ast.expr | None:
    if isinstance(pattern, ast.MatchValue):
        return ast.Compare(left=subject, ops=[ast.Eq()], comparators=[pattern.value])
    if isinstance(pattern, ast.MatchSingleton):
        return ast.Compare(left=subject, ops=[ast.Is()], comparators=[ast.Constant(pattern.value)])
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is None and pattern.name is None:
        return ast.Constant(True)
    if isinstance(pattern, ast.MatchOr):
        members = [inner.value for inner in pattern.patterns if isinstance(inner, ast.MatchValue)]
        if len(members) == len(pattern.patterns):
            return ast.Compare(
                left=subject, ops=[ast.In()], comparators=[ast.Tuple(elts=members, ctx=ast.Load())]
            )
    return None


def _defining(frame: Frame) -> Frame:
    """The frame a function closes over, as it was when it was defined."""
    return Frame(frame.module, frame.scope, frame.outer)


def _enclosing(frame: Frame) -> tuple[Scope, ...]:
    return frame.outer if frame.scope is frame.module.scope else (frame.scope, *frame.outer)


def _has_foreign_base(made: Class) -> bool:
    """Whether a base outside the repository may bring settings of its own."""
    plain = ("configurations.", "builtins.object", "abc.", "enum.", "typing.")
    return any(isinstance(base, Library) and not base.name.startswith(plain) for base in made.order())


def _exported(module: Module) -> frozenset[str] | None:
    """What `__all__` lists, None without one that is known."""
    slot = module.scope.slots.get("__all__")
    data = slot.value.only(None) if slot else None
    if not isinstance(data, Seq) or data.rest:
        return None
    names = [item.only(None) for item in data.items]
    return frozenset(str(name) for name in names) if all(isinstance(name, str) for name in names) else None
