"""Columns and tables dropped in the same release as the code that used them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from djaws.change import Change
from djaws.finding import Span
from djaws.model.code import Operation
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy

_DROPPED_COLUMN = re.compile(r"\bDROP\s+COLUMN\s+(?:IF\s+EXISTS\s+)?[\"`\[]?(\w+)", re.IGNORECASE)
_SQUASH = re.compile(r"^\s+replaces\s*(:[^=]*)?=", re.MULTILINE)
_DOES = {
    "RemoveField": "drops",
    "DeleteModel": "drops",
    "RenameField": "renames",
    "RenameModel": "renames",
    "RunSQL": "drops",
}


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    allow_ops: tuple[str, ...] = ()


@policy(
    "Migration drops what the release before it still uses",
    severity="medium",
    confidence="medium",
    pillar="reliability",
    languages=("django",),
    advice=("A7.3", "A7.2"),
    source="Django documentation, How to create database migrations; the expand and contract pattern",
)
def ungated_destructive_migration(system: System, params: Params) -> Verdicts:
    """A change under review adds a migration that drops or renames a field or a model (`RemoveField`, `DeleteModel`, `RenameField`,
    `RenameModel`, `RunSQL` with `DROP COLUMN`), and takes the same field or model out of the code. Only asked when there is a base to
    compare with. Silent when an earlier change has taken it out of the code, for operations on Django's state only, for squashed
    migrations, and for models that the same change creates. `allow-ops` names operations to leave alone.

    ## Why

    While a release rolls out, old and new processes run side by side on one database. The old ones still select the column that
    the migration has dropped, so every request to them fails, and going back to the old release fails as well.

    ## Fix: Django

    Two releases. In the first the code stops using the field, behind a flag if need be, and the migration touches Django's state only:

        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("order", "legacy")])

    In the second the column goes:

        migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField("order", "legacy")])
    """
    change = system.change
    if change is None:
        return
    for path in change.new_migrations:
        facts = system.code.get(path)
        if facts is None or facts.is_test or _SQUASH.search(system.tree.text(path)):
            continue
        app = path.partition("migrations/")[0]
        created = _created(system, change, app)
        for operation in facts.operations:
            if (
                operation.state_only
                or operation.kind in params.allow_ops
                or operation.model.lower() in created
            ):
                continue
            for subject, declaration in _losses(operation):
                where = _taken_out(change, app, declaration)
                if where is not None:
                    yield finding(
                        facts.span(operation.line),
                        f"{_DOES[operation.kind]} {subject} in the change that takes it out of the code: "
                        "processes of the release before still use it",
                        subject=f"{app.rstrip('/').rpartition('/')[2]}.{subject}",
                        related=[(where, "taken out of the code here")],
                    )


def _losses(operation: Operation) -> Iterator[tuple[str, str]]:
    """What an operation takes from code that knows it: its name, and a pattern of its declaration."""
    if operation.kind in ("RemoveField", "RenameField") and operation.model and operation.field:
        yield f"{operation.model}.{operation.field}", rf"^\s*{re.escape(operation.field)}\s*[:=]"
    elif operation.kind in ("DeleteModel", "RenameModel") and operation.model:
        yield operation.model, rf"^\s*class\s+{re.escape(operation.model)}\b"
    elif operation.kind == "RunSQL":
        sql = operation.keywords.get("sql")
        for column in _DROPPED_COLUMN.findall(sql.text if sql and sql.kind == "text" else operation.model):
            yield column, rf"^\s*{re.escape(column)}\s*[:=]"


def _taken_out(change: Change, app: str, declaration: str) -> Span | None:
    """The file of the app whose change holds the declaration."""
    for path, text in change.texts.items():
        if (
            path.startswith(app)
            and "/migrations/" not in f"/{path}"
            and re.search(declaration, text, re.MULTILINE)
        ):
            return Span(path)
    return None


def _created(system: System, change: Change, app: str) -> frozenset[str]:
    """Models that new migrations of the app create, in lower case."""
    return frozenset(
        operation.model.lower()
        for path in change.new_migrations
        if path.startswith(app) and (facts := system.code.get(path)) is not None
        for operation in facts.operations
        if operation.kind == "CreateModel"
    )
