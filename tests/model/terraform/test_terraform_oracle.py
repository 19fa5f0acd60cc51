"""A second evaluator (tfparse, in Go) agrees wherever both are sure."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from terraform_text import tree_of

pytest.importorskip("tfparse")
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def oracle() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "terraform_oracle", ROOT / "benchmarks" / "terraform_oracle.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


EXPRESSIONS = [
    *(
        "1 + 2 * 3",
        "7 / 2",
        "-7 % 3",
        '"a" == "a"',
        '1 == "1"',
        "false ? 1 : false ? 2 : 3",
        "!true || true && false",
    ),
    *('"a-${1 + 1}-${true}"', r'"tab\t $${kept}"', '"%{ if 1 == 1 }yes%{ else }no%{ endif }"'),
    *(
        '"%{ for i, s in ["a", "b"] }${i}${s},%{ endfor }"',
        '"abc ${~ "x" ~} d"',
        '[for s in ["a", "b"] : upper(s)]',
    ),
    *(
        "{ for k, v in { a = 1, b = 2 } : k => v * 2 if v > 1 }",
        '{ for s in ["ab", "ac"] : substr(s, 0, 1) => s... }',
    ),
    *("[{ a = 1 }, { a = 2 }][*].a", "{ a = { b = [10, 20] } }.a.b[1]", "merge({ a = 1, b = 1 }, { b = 2 })"),
    *(
        'lookup({ a = 1 }, "b", 9)',
        "concat([1], [2, 3])",
        "flatten([[1, [2]], [], [3]])",
        "keys({ b = 1, a = 2 })",
    ),
    *(
        "values({ b = 1, a = 2 })",
        'zipmap(["a", "b"], [1, 2])',
        "element([1, 2, 3], 4)",
        'contains(["a"], "a")',
    ),
    *(
        'coalesce("", "x")',
        "try({}.a, 5)",
        "can({}.a)",
        'format("%s-%03d-%v", "a", 7, true)',
        'join("-", ["a", "b"])',
    ),
    *(
        'split(",", "a,b")',
        'replace("a.b.c", ".", "-")',
        'replace("abc123", "/[0-9]+/", "#")',
        'regex("[a-z]+", "12ab")',
    ),
    *(
        'jsonencode({ b = [1, null, "<"], a = true })',
        'jsondecode("{\\"a\\": [1, 2.5]}")',
        'cidrsubnet("10.0.0.0/16", 8, 2)',
    ),
    *('cidrhost("10.0.0.0/24", 5)', 'cidrsubnets("10.1.0.0/16", 4, 4, 8)', 'setproduct(["a"], ["x", "y"])'),
    *(
        "range(1, 7, 3)",
        "slice([1, 2, 3], 1, 3)",
        "distinct([1, 1, 2])",
        'compact(["a", ""])',
        "max(1, 5, 3)",
        "sum([1, 2.5])",
    ),
    *(
        'trimprefix("v1", "v")',
        'base64encode("hi")',
        'md5("a")',
        'sha256("a")',
        'title("hello world")',
        'formatlist("%s!", ["a"])',
    ),
    *(
        'urlencode("a b/c")',
        'indent(2, "a\\nb")',
        'chomp("a\\n")',
        "reverse([1, 2])",
        'sort(["b", "a"])',
        "abs(-1)",
        "ceil(1.2)",
    ),
    *(
        'substr("hello", 1, 3)',
        'substr("hello", -3, -1)',
        'upper("aé")',
        'strrev("abc")',
        'basename("a/b")',
        'dirname("a/b")',
    ),
    *(
        "local.tags",
        "local.prod ? 1 : 2",
        'var.sizes["web"].cpu',
        "var.zones",
        "local.text",
        "local.nested",
        'toset(["b", "a", "b"])',
    ),
]

FIXTURE = (
    """
variable "env" {
  default = "prod"
}
variable "zones" {
  type    = list(string)
  default = ["a", "b"]
}
variable "sizes" {
  default = { web = { cpu = 256 }, api = { cpu = 512 } }
}
locals {
  prod   = var.env == "prod"
  tags   = merge({ Project = "shop" }, local.prod ? { Tier = "gold" } : {})
  nested = { for z in var.zones : z => [for n, s in var.sizes : "${n}-${z}-${s.cpu}" if s.cpu > 300] }
  text   = <<-EOT
    first ${var.env}
      second
    %{ for z in var.zones ~}
    zone ${z}
    %{ endfor ~}
    last
  EOT
}
resource "aws_sqs_queue" "each" {
  for_each      = var.sizes
  name          = "${each.key}-${var.env}"
  delay_seconds = each.value.cpu
  tags          = merge(local.tags, { Name = each.key })
}
resource "aws_eip" "count" {
  count = local.prod ? 2 : 0
  tags  = { Index = "n${count.index}" }
}
resource "aws_security_group" "dynamic" {
  name = "g"
  dynamic "ingress" {
    for_each = [80, 443]
    content {
      from_port   = ingress.value
      to_port     = ingress.value
      description = "rule ${ingress.key}"
    }
  }
}
module "web" {
  source = "./web"
  name   = "w-${var.env}"
  tags   = local.tags
}
"""
    + 'resource "aws_thing" "expressions" {\n'
    + "".join(f"  e{n} = {expression}\n" for n, expression in enumerate(EXPRESSIONS))
    + "}\n"
)
MODULE = """
variable "name" {}
variable "tags" {
  type = map(string)
}
variable "port" {
  type    = number
  default = "80"
}
resource "aws_lb" "main" {
  name = upper(var.name)
  tags = merge(var.tags, { Port = "p${var.port}" })
}
"""


def unexplained(oracle: ModuleType, path: Path) -> tuple[list[str], Counter[str]]:
    found, counts = oracle.compare(path)
    return [str(each) for each in found if oracle.reason(each) is None], counts


def test_every_known_expression_agrees(oracle: ModuleType, tmp_path: Path) -> None:
    tree_of(tmp_path, {"main.tf": FIXTURE, "web/main.tf": MODULE})
    found, counts = unexplained(oracle, tmp_path)
    assert found == []
    assert counts["values compared"] > 110
    assert counts["resources only ours"] == 0
    assert counts["resources only tfparse's"] == 0


def test_the_example_shop_agrees(oracle: ModuleType) -> None:
    found, counts = unexplained(oracle, ROOT / "examples" / "shop")
    assert found == []
    assert counts["values compared"] > 100


def test_a_wrong_value_would_be_found(
    oracle: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from djaws.model.terraform import functions

    monkeypatch.setitem(functions.PLAIN, "upper", lambda text: text)
    tree_of(tmp_path, {"main.tf": 'resource "aws_eip" "e" {\n  a = upper("x")\n}\n'})
    assert len(unexplained(oracle, tmp_path)[0]) == 1
