"""What a dotted name means across the files of a repository."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from djaws.model.code import CodeFacts, Constant

_DEEPEST_ANCESTRY = 20


class Names:
    """The facts of all files, and what a dotted name means across them.

    `parse` reads a file that the screen of code facts left out: a module that a name leads to is never left unread.
    """

    def __init__(
        self, files: Mapping[str, CodeFacts], parse: Callable[[str], CodeFacts | None] = lambda path: None
    ) -> None:
        self.files = dict(files)
        self._parse = parse
        self._asked: set[str] = set()
        self._paths: dict[str, list[str]] = {}
        self._modules: dict[str, str | None] = {}
        self._constants: dict[str, dict[str, Constant]] = {}
        self._defined: dict[str, set[str]] = {}
        for path, facts in files.items():
            parts = facts.module.split(".")
            for start in range(len(parts)):
                self._paths.setdefault(".".join(parts[start:]), []).append(path)
        self.subclasses = self.find_subclasses()

    def parse(self, path: str) -> CodeFacts:
        """The facts of a file, read now when the screen left it out."""
        facts = self.files[path]
        if not facts.is_parsed and not facts.fault and path not in self._asked:
            self._asked.add(path)
            facts = self.files[path] = self._parse(path) or facts
        return facts

    def module(self, name: str) -> CodeFacts | None:
        """The file of a dotted module, wherever its source root is; None when several could be meant."""
        if name not in self._modules:
            found = self._paths.get(name, ())
            exact = [path for path in found if self.files[path].module == name]
            self._modules[name] = exact[0] if exact else found[0] if len(found) == 1 else None
        path = self._modules[name]
        return self.parse(path) if path else None

    def constants(self, facts: CodeFacts) -> dict[str, Constant]:
        """The string constants of a file by their name in it."""
        if facts.path not in self._constants:
            self._constants[facts.path] = {constant.name: constant for constant in facts.constants}
        return self._constants[facts.path]

    def split(self, dotted: str) -> tuple[CodeFacts, str] | None:
        """The file and the name inside of it that a dotted name leads to."""
        module, _, rest = dotted.rpartition(".")
        while module:
            facts = self.module(module)
            if facts is not None:
                return facts, rest
            module, _, more = module.rpartition(".")
            rest = f"{more}.{rest}"
        return None

    def canonical(self, dotted: str, depth: int = 4) -> str:
        """`dotted` with re-exports, renames and module-level instances followed, in terms of the defining module."""
        place = self.split(dotted) if depth else None
        if place is None:
            return dotted
        facts, rest = place
        head, _, tail = rest.partition(".")
        target = facts.aliases.get(head)
        if target is None and not self._defines(facts, head):
            for each in facts.imports:
                other = self.module(each.module) if each.name == "*" else None
                if other and other is not facts and (self._defines(other, head) or head in other.aliases):
                    return self.canonical(f"{other.module}.{rest}", depth - 1)
        if target is None or target.startswith(f"{facts.module}.{head}"):
            return f"{facts.module}.{rest}"
        return self.canonical(f"{target}.{tail}" if tail else target, depth - 1)

    def _defines(self, facts: CodeFacts, name: str) -> bool:
        if facts.path not in self._defined:
            functions = {each.name for each in facts.functions}
            classes = {each.name for each in facts.classes}
            self._defined[facts.path] = functions | classes | self.constants(facts).keys()
        return name in self._defined[facts.path]

    def ancestry(self, dotted: str) -> Iterator[str]:
        """A class and the classes of the repository that it derives from, nearest first."""
        waiting, seen = [dotted], set[str]()
        while waiting and len(seen) < _DEEPEST_ANCESTRY:
            name = waiting.pop(0)
            if name in seen:
                continue
            seen.add(name)
            yield name
            place = self.split(name)
            found = place and next((each for each in place[0].classes if each.name == place[1]), None)
            if found:
                waiting += [self.canonical(base) for base in found.bases if base]

    def texts(self, dotted: str) -> tuple[str, ...]:
        """The texts of a constant, an enum member or a class attribute, empty when it is none."""
        if dotted.startswith("django.conf.settings."):
            return self._setting_texts(dotted.removeprefix("django.conf.settings."))
        place = self.split(self.canonical(dotted.removesuffix(".value")))
        if place is None:
            return ()
        constant = self.constants(place[0]).get(place[1])
        return constant.texts if constant else ()

    def _setting_texts(self, name: str) -> tuple[str, ...]:
        found = [
            self.constants(facts)[name].texts
            for facts in self.files.values()
            if facts.is_settings and name in self.constants(facts)
        ]
        return tuple(dict.fromkeys(text for texts in found for text in texts))

    def find_subclasses(self) -> dict[str, list[tuple[CodeFacts, str]]]:
        """The classes of all files that were read, by the name of each base."""
        found: dict[str, list[tuple[CodeFacts, str]]] = {}
        for facts in self.files.values():
            for each in facts.classes:
                for base in each.bases:
                    found.setdefault(base, []).append((facts, each.name))
        return found

    def attribute(self, facts: CodeFacts, owner: str, name: str) -> list[tuple[CodeFacts, Constant]]:
        """What the attribute is in a class and in those that derive from it."""
        found: list[tuple[CodeFacts, Constant]] = []
        waiting, seen = [(facts, owner)], set()
        while waiting:
            where, class_name = waiting.pop()
            if (where.path, class_name) in seen:
                continue
            seen.add((where.path, class_name))
            constant = self.constants(where).get(f"{class_name}.{name}")
            if constant:
                found.append((where, constant))
            waiting += self._derived(where, class_name)
        return found

    def _derived(self, facts: CodeFacts, name: str) -> list[tuple[CodeFacts, str]]:
        dotted = f"{facts.module}.{name}"
        return [
            pair
            for base, pairs in self.subclasses.items()
            if base == dotted or (base.endswith(f".{name}") and self.canonical(base) == dotted)
            for pair in pairs
        ]
