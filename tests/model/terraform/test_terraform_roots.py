"""Roots are found by bytes alone: which directories Terraform is run in, and what each needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from terraform_text import tree_of

from djaws.model.terraform import load, roots
from djaws.model.terraform.scan import sketch

CALL = 'module "m" {\n  source = "../modules/m"\n}\n'


def test_roots_are_backends_and_what_nobody_calls(tmp_path: Path) -> None:
    tree = tree_of(
        tmp_path,
        {
            "prod/main.tf": CALL,
            "modules/m/main.tf": 'module "n" {\n  source = "../n"\n}\n',
            "modules/n/main.tf": "",
            "modules/n/x.tfvars": "",
            "bootstrap/main.tf": 'terraform {\n  backend "s3" {}\n}\n',
            "uses/main.tf": 'module "b" {\n  source = "../bootstrap"\n}\n',
            "prod/terraform.tfvars": "",
            "prod/envs/a.tfvars": "",
        },
    )
    found = {root.path: root for root in roots(tree)}
    assert sorted(found) == ["bootstrap", "prod", "uses"]
    assert found["prod"].modules == ("modules/m", "modules/n")
    assert found["prod"].files == ("modules/m/main.tf", "modules/n/main.tf", "prod/main.tf")
    assert found["prod"].tfvars == ("prod/envs/a.tfvars", "prod/terraform.tfvars")
    assert [stack.path for stack in load(tree)[0]] == sorted(found)


def test_a_called_directory_with_a_provider_alone_is_no_root(tmp_path: Path) -> None:
    files = {"prod/main.tf": CALL, "modules/m/main.tf": 'provider "aws" {\n  region = "x"\n}\n'}
    assert [root.path for root in roots(tree_of(tmp_path, files))] == ["prod"]


def test_a_ring_of_calls_still_has_a_root(tmp_path: Path) -> None:
    files = {
        "a/main.tf": 'module "b" {\n  source = "../b"\n}\n',
        "b/main.tf": 'module "a" {\n  source = "../a"\n}\n',
    }
    assert [root.path for root in roots(tree_of(tmp_path, files))] == ["a"]


def test_the_top_directory_can_be_a_root_and_a_module(tmp_path: Path) -> None:
    files = {"main.tf": "", "examples/basic/main.tf": 'module "m" {\n  source = "../.."\n}\n'}
    (root,) = roots(tree_of(tmp_path, files))
    assert (root.path, root.modules) == ("examples/basic", ("",))


def test_comments_and_remote_sources_are_no_calls() -> None:
    text = b'# source = "./a"\n/*\nsource = "./b"\n*/\nsource = "git::https://x//c"\nsource = "./d" // x\n'
    assert sketch(text) == (frozenset({"./d"}), False)


def test_calls_in_json_are_found() -> None:
    assert sketch(b'{"module": {"a": {"source": "./x"}}, "terraform": {"backend": {"s3": {}}}}') == (
        frozenset({"./x"}),
        True,
    )


def test_calls_that_leave_the_tree_are_not_followed(tmp_path: Path) -> None:
    (root,) = roots(tree_of(tmp_path, {"main.tf": 'module "x" {\n  source = "../../etc"\n}\n'}))
    assert root.modules == ()


def test_the_scan_imports_no_parser() -> None:
    code = "import sys, djaws.model.terraform as t; t.roots; print(any('tree_sitter' in m or m.endswith('terraform.evaluate') for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
