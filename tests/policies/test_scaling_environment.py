"""What the data and scaling policies take for non-production: written words and conditions, never a variable's default."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from types import ModuleType

import pytest

from djaws.config import FileConfig
from djaws.files import Tree
from djaws.model.system import System
from djaws.model.value import Guard
from djaws.policy import load, own_folder

POLICIES = load(own_folder(), ["data/unsafe-database-lifecycle", "scaling/single-zone"])
ENVIRONMENTS = [
    sys.modules[f"{policy.module.__name__.rpartition('.')[0]}._environment"] for policy in POLICIES
]

both = pytest.mark.parametrize("environment", ENVIRONMENTS, ids=["data", "scaling"])


def system(text: str = "", path: str = "main.tf") -> System:
    tree = Tree(Path("nowhere"), (path,), overlay={path: text.encode()})
    return System(tree, FileConfig(), datetime.date(2026, 11, 1))


@both
@pytest.mark.parametrize(
    "guard",
    [
        Guard.when("var.env", "dev"),
        Guard.unless("var.env", "production"),
        Guard.when("tfvars", "envs/staging.tfvars"),
        Guard.when("IsProduction", False),
        Guard.when("local.is_dev", True),
    ],
    ids=str,
)
def test_a_condition_that_holds_only_outside_production_says_so(
    environment: ModuleType, guard: Guard
) -> None:
    assert environment.speaks_of_nonproduction(guard, system())


@both
@pytest.mark.parametrize(
    "guard",
    [
        Guard(),
        Guard.when("var.env", "prod"),
        Guard.unless("var.env", "dev"),
        Guard.when("IsProduction", True),
        Guard.when("local.is_dev", False),
        Guard.when("UseReplica", False),
        Guard.when("tfvars", "envs/preview-production.tfvars"),
    ],
    ids=str,
)
def test_a_condition_that_may_hold_in_production_does_not(environment: ModuleType, guard: Guard) -> None:
    assert not environment.speaks_of_nonproduction(guard, system())


DATABASE = """
variable "stage" {
  default = "dev"
}

resource "aws_db_instance" "shop" {
  identifier = "shop-${var.stage}"
  multi_az   = VALUE
}
"""


@both
def test_what_a_default_environment_chooses_is_unknown_and_what_is_written_is_not(
    environment: ModuleType,
) -> None:
    for text, is_known in (("false", True), ('var.stage == "prod"', False)):
        whole = system(DATABASE.replace("VALUE", text))
        (stack,) = whole.stacks
        (database,) = stack.of_type("aws_db_instance")
        value = environment.in_production(database.attr("multi_az"), whole, stack)
        assert value.is_known is is_known
        assert not environment.is_spared(whole, stack, database)


@both
def test_a_root_or_a_name_that_is_written_spares(environment: ModuleType) -> None:
    for path, name, is_spared in (
        ("envs/dev/main.tf", "shop", True),
        ("main.tf", "shop_staging", True),
        ("envs/production/main.tf", "shop", False),
        ("main.tf", "device", False),
    ):
        whole = system(f'resource "aws_db_instance" "{name}" {{\n}}\n', path)
        (stack,) = whole.stacks
        (database,) = stack.of_type("aws_db_instance")
        assert environment.is_spared(whole, stack, database) is is_spared
