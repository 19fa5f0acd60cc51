"""Reads a directory of Terraform files into one configuration: which files count, overrides, and what was declared twice."""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from djaws.errors import Refused
from djaws.files import TERRAFORM_SUFFIXES, Tree, shown
from djaws.finding import Span, Undecided
from djaws.model.terraform import hcl, hcljson
from djaws.model.terraform.scan import directory_of
from djaws.model.terraform.syntax import Attribute, Block, Node, Parsed

UNPARSABLE = "gate/unparsable-file"


@dataclass(eq=False)
class Item:
    """A top-level block with what override files lay over it."""

    block: Block
    path: str
    overlays: list[tuple[Block, str]] = field(default_factory=list)

    @cached_property
    def attributes(self) -> dict[str, tuple[Attribute, str]]:
        """Attributes with the file each was written in."""
        found = {name: (attribute, self.path) for name, attribute in self.block.body.attributes.items()}
        for block, path in self.overlays:
            found.update({name: (attribute, path) for name, attribute in block.body.attributes.items()})
        return found

    @cached_property
    def blocks(self) -> tuple[tuple[Block, str], ...]:
        """Nested blocks with their files. An override replaces all blocks of the types it has."""
        found = [(block, self.path) for block in self.block.body.blocks]
        for overlay, path in self.overlays:
            replaced = {_block_kind(block) for block in overlay.body.blocks}
            found = [(block, at) for block, at in found if _block_kind(block) not in replaced]
            found += [(block, path) for block in overlay.body.blocks]
        return tuple(found)

    @property
    def span(self) -> Span:
        return self.block.place.span(self.path)

    @property
    def whole(self) -> Span:
        return self.block.place.block(self.path)

    def value(self, name: str) -> Node | None:
        found = self.attributes.get(name)
        return found[0].value if found else None


def _block_kind(block: Block) -> str:
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


@dataclass(eq=False)
class Directory:
    """What the files of one directory declare. `problems` says what could not be read or stands twice."""

    path: str
    files: list[str] = field(default_factory=list)
    variables: dict[str, Item] = field(default_factory=dict)
    locals: dict[str, tuple[Attribute, str]] = field(default_factory=dict)
    outputs: dict[str, Item] = field(default_factory=dict)
    resources: dict[tuple[str, str], Item] = field(default_factory=dict)
    data: dict[tuple[str, str], Item] = field(default_factory=dict)
    providers: dict[str, Item] = field(default_factory=dict)
    calls: dict[str, Item] = field(default_factory=dict)
    settings: list[Item] = field(default_factory=list)
    problems: list[Undecided] = field(default_factory=list)


class Files:
    """The Terraform files of a tree, each read and parsed once whatever its name."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.problems: dict[tuple[str, int], Undecided] = {}
        self.size = 0
        self._parsed: dict[tuple[str, str], Parsed] = {}
        self._read: dict[str, Parsed | None] = {}
        self._directories: dict[str, Directory] = {}
        self._listings: dict[str, list[str]] = {}
        for path in tree.paths:
            if path.endswith(TERRAFORM_SUFFIXES):
                self._listings.setdefault(directory_of(path), []).append(path)

    @property
    def directories(self) -> tuple[str, ...]:
        return tuple(sorted(self._listings))

    def has(self, directory: str) -> bool:
        return bool(self.listing(directory))

    def listing(self, directory: str) -> list[str]:
        """The Terraform files of a directory; inside vendored trees, which discovery leaves out, those on disk."""
        found = self._listings.get(directory)
        if found is None:
            found = self._on_disk(directory) if ".terraform" in directory.split("/") else []
            self._listings[directory] = found
        return found

    def _on_disk(self, directory: str) -> list[str]:
        if not self.is_inside(directory):
            return []
        try:
            names = sorted(os.listdir(self.tree.file(directory)))
        except OSError:
            return []
        paths = (
            posixpath.join(directory, shown(name)) for name in names if name.endswith(TERRAFORM_SUFFIXES)
        )
        return [path for path in paths if self.is_inside(path)]

    def is_inside(self, path: str) -> bool:
        """Whether the real place of `path` is inside the tree."""
        base = os.path.realpath(self.tree.root)
        return os.path.commonpath([base, os.path.realpath(self.tree.file(path))]) == base

    def real(self, path: str) -> str:
        """Where the text of a linked file can be edited."""
        file = self.tree.file(path)
        if not os.path.islink(file):
            return path
        target = os.path.relpath(os.path.realpath(file), os.path.realpath(self.tree.root))
        return path if target.startswith("..") else shown(target)

    def parse(self, path: str) -> Parsed | None:
        """The tree of a file, None when it is refused. Equal contents share one tree."""
        if path not in self._read:
            self._read[path] = self._parse(path)
        return self._read[path]

    def _parse(self, path: str) -> Parsed | None:
        try:
            text = self.tree.text(path)
        except Refused as refused:
            self._report(path, refused.line, refused.because)
            return None
        reader = "json" if path.endswith(".json") else "hcl"
        key = (reader, text)
        if key not in self._parsed:
            self._parsed[key] = _parsed(reader, text)
        self.size += len(text)
        parsed = self._parsed[key]
        for line, because in parsed.errors:
            self._report(path, line, because)
        return parsed

    def _report(self, path: str, line: int | None, because: str) -> None:
        self.problems.setdefault((path, line or 0), Undecided(UNPARSABLE, Span(path, line), because))

    def directory(self, path: str) -> Directory:
        if path not in self._directories:
            self._directories[path] = _Assembly(self, path).directory
        return self._directories[path]

    def text(self, path: str) -> str | None:
        """The text of any file of the tree, None when it is not there or refused."""
        try:
            return self.tree.text(path) if path in self.tree else None
        except Refused:
            return None

    def module_index(self, root: str) -> dict[str, str]:
        """The directories that `terraform init` recorded, by module key (`web.db`), as far as they are in the tree."""
        path = posixpath.join(root, ".terraform/modules/modules.json")
        if not os.path.isfile(self.tree.file(path)) or not self.is_inside(path):
            return {}
        try:
            recorded = json.loads(self.tree.text(path))
            entries = [(entry["Key"], entry["Dir"]) for entry in recorded["Modules"]]
        except (Refused, ValueError, KeyError, TypeError, RecursionError):
            return {}
        return {
            key: posixpath.normpath(posixpath.join(root, folder)).removeprefix("./")
            for key, folder in entries
            if isinstance(key, str) and isinstance(folder, str) and key and not folder.startswith("/")
        }


def _parsed(reader: str, text: str) -> Parsed:
    return hcljson.parse(text) if reader == "json" else hcl.parse(text)


class _Assembly:
    """Puts the files of one directory together."""

    def __init__(self, files: Files, path: str) -> None:
        self.files = files
        self.directory = Directory(path)
        names = _effective(files.listing(path))
        for name in sorted(names, key=lambda name: (_is_override(name), name)):
            self.add(name)

    def add(self, listed: str) -> None:
        path = self.files.real(listed)
        parsed = self.files.parse(listed)
        self.directory.files.append(listed)
        if parsed is None or parsed.errors:
            key_problems = [problem for (at, _), problem in self.files.problems.items() if at == listed]
            self.directory.problems += key_problems
        if parsed is None:
            return
        overrides = _is_override(listed)
        for block in parsed.body.blocks:
            self.block(block, path, overrides)

    def block(self, block: Block, path: str, overrides: bool) -> None:
        if block.type == "locals":
            for name, attribute in block.body.attributes.items():
                if overrides or name not in self.directory.locals:
                    self.directory.locals[name] = (attribute, path)
            return
        if block.type == "terraform":
            self.directory.settings.append(Item(block, path))
            return
        place = self.place(block)
        if place is None:
            return
        table, key = place
        known = table.get(key)
        if known is None:
            table[key] = Item(block, path)
        elif overrides:
            known.overlays.append((block, path))
        else:
            twice = f"`{' '.join((block.type, *block.labels))}` is declared twice"
            problem = Undecided(UNPARSABLE, block.place.span(path), twice)
            self.files.problems.setdefault((path, block.place.line), problem)

    def place(self, block: Block) -> tuple[dict[object, Item], object] | None:
        """Where a block belongs, None when it is of no interest or lacks its labels."""
        directory = self.directory
        wanted = {"resource": 2, "data": 2, "variable": 1, "output": 1, "module": 1, "provider": 1}.get(
            block.type
        )
        if wanted is None or len(block.labels) < wanted:
            return None
        if block.type in ("resource", "data"):
            table = directory.resources if block.type == "resource" else directory.data
            return table, (block.labels[0], block.labels[1])  # type: ignore[return-value]
        if block.type == "provider":
            return directory.providers, provider_key(block)  # type: ignore[return-value]
        tables = {"variable": directory.variables, "output": directory.outputs, "module": directory.calls}
        return tables[block.type], block.labels[0]  # type: ignore[return-value]


def provider_key(block: Block) -> str:
    """`aws` or `aws.east`."""
    from djaws.model.terraform.syntax import traversal

    alias = block.body.attributes.get("alias")
    names = traversal(alias.value) if alias else None
    return f"{block.labels[0]}.{names[0]}" if names else block.labels[0]


def _effective(names: list[str]) -> Iterator[str]:
    """OpenTofu's files replace Terraform's of the same name."""
    present = set(names)
    for name in names:
        twin = _tofu_twin(name)
        if twin is None or twin not in present:
            yield name


def _tofu_twin(name: str) -> str | None:
    if name.endswith(".tf"):
        return f"{name[:-3]}.tofu"
    if name.endswith(".tf.json"):
        return f"{name[:-8]}.tofu.json"
    return None


def _is_override(path: str) -> bool:
    stem = path.rpartition("/")[2].partition(".")[0]
    return stem == "override" or stem.endswith("_override")
