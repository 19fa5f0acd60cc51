"""Stacks: resources, modules, providers, expansion, variable files, and where everything was written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from terraform_text import flat, tree_of

from djaws.model.cloud import Stack
from djaws.model.terraform import load
from djaws.model.terraform.document import document
from djaws.model.value import Guard, Map

Evaluate = Callable[..., Stack]
Stacks = Callable[..., Any]


def addresses(stack: Stack) -> list[str]:
    return [resource.address for resource in stack.resources]


def attribute(stack: Stack, address: str, path: str) -> Any:
    resource = stack.find(address)
    assert resource is not None, address
    return flat(resource.attr(path))


# --- resources


def test_a_resource_knows_its_header_its_block_and_its_attributes_lines(evaluate: Evaluate) -> None:
    stack = evaluate('\nresource "aws_sqs_queue" "jobs" {\n  name = "jobs"\n\n  fifo_queue = true\n}\n')
    (queue,) = stack.resources
    assert (queue.type, queue.name, queue.address) == ("aws_sqs_queue", "jobs", "aws_sqs_queue.jobs")
    assert (queue.span.line, queue.block.line, queue.block.end_line) == (2, 2, 6)
    assert queue.attr("fifo_queue").span.line == 5
    assert queue.attr("nothing").is_absent
    assert queue.attr("nothing").span == queue.span


def test_arguments_and_meta_arguments_are_kept_apart(evaluate: Evaluate) -> None:
    stack = evaluate(
        """
        resource "aws_sqs_queue" "a" {
          name       = "a"
          depends_on = [aws_sqs_queue.b]
          lifecycle {
            prevent_destroy = true
            ignore_changes  = [tags, name]
          }
        }
        resource "aws_sqs_queue" "b" {}
        """
    )
    queue = stack.resources[0]
    assert list(queue.body.entries) == ["name"]
    assert flat(queue.meta) == {
        "depends_on": ["aws_sqs_queue.b"],
        "lifecycle": [{"prevent_destroy": True, "ignore_changes": ["tags", "name"]}],
    }
    assert stack.resolve(queue.meta.get("depends_on").only(None).items[0]) == (stack.resources[1],)


def test_nested_blocks_are_always_lists_of_objects(evaluate: Evaluate) -> None:
    stack = evaluate(
        """
        resource "aws_s3_bucket" "b" {
          versioning {
            enabled = true
          }
          rule {
            id = "a"
          }
          rule {
            id = "b"
          }
        }
        """
    )
    bucket = stack.resources[0]
    assert flat(bucket.body) == {"versioning": [{"enabled": True}], "rule": [{"id": "a"}, {"id": "b"}]}
    assert bucket.attr("versioning.enabled").only(None) is True
    assert bucket.attr("versioning.enabled").span.line == 4


def test_a_known_attribute_of_another_resource_is_known_and_keeps_its_edge(evaluate: Evaluate) -> None:
    stack = evaluate(
        """
        resource "aws_sqs_queue" "a" {
          name = "jobs"
        }
        resource "aws_cloudwatch_metric_alarm" "b" {
          dimensions = { QueueName = aws_sqs_queue.a.name, Arn = aws_sqs_queue.a.arn }
        }
        """
    )
    alarm = stack.resources[1]
    assert flat(alarm.body) == {"dimensions": {"QueueName": "jobs", "Arn": ...}}
    assert stack.referrers(stack.resources[0]) == (alarm,)
    arn = alarm.attr("dimensions.Arn")
    assert arn.unknown is not None
    assert arn.unknown.because == "aws_sqs_queue.a.arn is known only after apply"
    assert [(ref.address, ref.attribute) for ref in arn.references] == [("aws_sqs_queue.a", "arn")]


def test_an_attribute_set_to_null_elsewhere_is_computed_by_the_provider(evaluate: Evaluate) -> None:
    stack = evaluate(
        'resource "aws_sqs_queue" "a" {\n  name = null\n}\noutput "n" {\n  value = aws_sqs_queue.a.name\n}\n'
    )
    assert stack.resources[0].attr("name").is_absent
    assert flat(stack.outputs["n"]) is ...


def test_data_sources_are_resources_apart(evaluate: Evaluate) -> None:
    stack = evaluate('data "aws_region" "r" {}\noutput "o" {\n  value = data.aws_region.r.name\n}\n')
    assert addresses(stack) == ["data.aws_region.r"]
    assert stack.resources[0].is_data
    assert not list(stack.of_type("aws_region"))
    assert stack.resolve(stack.outputs["o"]) == stack.resources


def test_policy_documents_are_readable_through_their_json(evaluate: Evaluate) -> None:
    stack = evaluate(
        """
        data "aws_iam_policy_document" "p" {
          statement {
            actions   = ["s3:*"]
            resources = [aws_s3_bucket.b.arn]
            principals {
              type        = "Service"
              identifiers = ["ecs.amazonaws.com"]
            }
            condition {
              test     = "Bool"
              variable = "aws:SecureTransport"
              values   = ["true"]
            }
          }
        }
        resource "aws_s3_bucket" "b" {}
        resource "aws_iam_policy" "p" {
          policy = data.aws_iam_policy_document.p.json
        }
        """
    )
    policy = stack.find("aws_iam_policy.p")
    assert policy is not None
    value = policy.attr("policy")
    assert stack.find("data.aws_iam_policy_document.p") in stack.resolve(value)
    assert flat(document(value)) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:*"],
                "Resource": [...],
                "Principal": {"Service": ["ecs.amazonaws.com"]},
                "Condition": {"Bool": {"aws:SecureTransport": ["true"]}},
            }
        ],
    }


def test_template_files_are_rendered(evaluate: Evaluate) -> None:
    stack = evaluate(
        {
            "main.tf": """
            data "template_file" "t" {
              template = file("${path.module}/t.json")
              vars = { name = "web" }
            }
            output "old" {
              value = data.template_file.t.rendered
            }
            output "new" {
              value = templatefile("t.json", { name = var.n })
            }
            variable "n" {}
            """,
            "t.json": '{"name": "${name}"}',
        }
    )
    assert flat(stack.outputs["old"]) == '{"name": "web"}'
    assert stack.outputs["new"].unknown is not None
    assert stack.outputs["new"].unknown.parts == ('{"name": "', None, '"}')


# --- count, for_each, dynamic


def test_count_makes_instances_in_terraforms_notation(evaluate: Evaluate) -> None:
    stack = evaluate('resource "aws_eip" "e" {\n  count = 2\n  tags = { n = "e${count.index}" }\n}\n')
    assert addresses(stack) == ["aws_eip.e[0]", "aws_eip.e[1]"]
    assert attribute(stack, "aws_eip.e[1]", "tags.n") == "e1"


def test_a_count_of_zero_makes_nothing(evaluate: Evaluate) -> None:
    assert (
        evaluate(
            'resource "aws_eip" "e" {\n  count = 0\n}\nresource "aws_eip" "f" {\n  for_each = {}\n}\n'
        ).resources
        == ()
    )


def test_a_conditional_count_guards_the_resource(evaluate: Evaluate) -> None:
    stack = evaluate(
        'variable "env" {}\nresource "aws_eip" "e" {\n  count = var.env == "prod" ? 1 : 0\n  domain = "vpc"\n}\n'
    )
    (address,) = stack.resources
    assert (address.address, address.guard, address.uncertain) == (
        "aws_eip.e[0]",
        Guard.when("var.env", "prod"),
        None,
    )
    assert flat(address.attr("domain")) == {'var.env is "prod"': "vpc"}


def test_an_unknown_count_is_analysed_once_and_uncertain(evaluate: Evaluate) -> None:
    stack = evaluate('variable "n" {}\nresource "aws_eip" "e" {\n  count = var.n\n  domain = "vpc"\n}\n')
    (address,) = stack.resources
    assert address.address == "aws_eip.e"
    assert address.uncertain is not None
    assert address.uncertain.because == "var.n has no default"
    assert address.attr("domain").only(None) == "vpc"


def test_for_each_makes_an_instance_for_each_key(evaluate: Evaluate) -> None:
    stack = evaluate(
        'resource "aws_sqs_queue" "q" {\n  for_each = { a = 1, "b.c" = 2 }\n  name = each.key\n  delay_seconds = each.value\n}\n'
        'resource "aws_eip" "e" {\n  for_each = toset(["x"])\n  tags = { n = each.value }\n}\n'
    )
    assert addresses(stack) == ['aws_sqs_queue.q["a"]', 'aws_sqs_queue.q["b.c"]', 'aws_eip.e["x"]']
    assert attribute(stack, 'aws_sqs_queue.q["b.c"]', "delay_seconds") == 2


def test_known_keys_of_an_open_map_are_certain_and_others_uncertain(evaluate: Evaluate) -> None:
    stack = evaluate(
        'variable "m" {}\nresource "aws_sqs_queue" "q" {\n  for_each = merge(var.m, { a = 1 })\n  name = each.key\n}\n'
    )
    assert [(r.address, r.uncertain is None) for r in stack.resources] == [
        ('aws_sqs_queue.q["a"]', True),
        ("aws_sqs_queue.q", False),
    ]


def test_references_reach_instances_by_index_key_and_splat(evaluate: Evaluate) -> None:
    stack = evaluate(
        """
        resource "aws_eip" "c" {
          count = 2
          tags  = { n = count.index }
        }
        resource "aws_eip" "k" {
          for_each = toset(["x"])
        }
        output "index" {
          value = aws_eip.c[1].tags.n
        }
        output "splat" {
          value = aws_eip.c[*].id
        }
        output "key" {
          value = aws_eip.k["x"].id
        }
        output "all" {
          value = [for k, e in aws_eip.k : k]
        }
        """
    )
    assert flat(stack.outputs["index"]) == 1
    assert [ref.address for item in stack.outputs["splat"].only(None) for ref in item.references] == [
        "aws_eip.c[0]",
        "aws_eip.c[1]",
    ]
    assert stack.resolve(stack.outputs["key"]) == (stack.find('aws_eip.k["x"]'),)
    assert flat(stack.outputs["all"]) == ["x"]


def test_the_branch_on_which_a_resource_exists_matches_the_branch_that_uses_it(evaluate: Evaluate) -> None:
    stack = evaluate(
        """
        variable "on" {}
        resource "aws_eip" "e" {
          count  = var.on ? 1 : 0
          domain = "vpc"
        }
        output "used" {
          value = var.on ? aws_eip.e[0].domain : "none"
        }
        output "tried" {
          value = try(aws_eip.e[0].domain, "none")
        }
        """
    )
    expected = {"var.on": "vpc", "not (var.on)": "none"}
    assert flat(stack.outputs["used"]) == expected
    assert flat(stack.outputs["tried"]) == expected


def test_dynamic_blocks_are_expanded_in_place(evaluate: Evaluate) -> None:
    stack = evaluate(
        """
        resource "aws_security_group" "g" {
          ingress {
            from_port = 1
          }
          dynamic "ingress" {
            for_each = { a = 2, b = 3 }
            iterator = rule
            content {
              from_port   = rule.value
              description = rule.key
            }
          }
        }
        """
    )
    assert flat(stack.resources[0].body) == {
        "ingress": [
            {"from_port": 1},
            {"from_port": 2, "description": "a"},
            {"from_port": 3, "description": "b"},
        ]
    }


def test_an_unknown_dynamic_block_leaves_the_list_open_and_keeps_its_edges(evaluate: Evaluate) -> None:
    stack = evaluate(
        """
        variable "rules" {}
        resource "aws_security_group" "other" {}
        resource "aws_security_group" "g" {
          ingress {
            from_port = 1
          }
          dynamic "ingress" {
            for_each = var.rules
            content {
              security_groups = [aws_security_group.other.id]
            }
          }
        }
        """
    )
    group = stack.find("aws_security_group.g")
    assert group is not None
    blocks, more = group.blocks("ingress")
    assert [flat(block) for block in blocks] == [{"from_port": 1}]
    assert more is not None
    assert stack.referrers(stack.resources[0]) == (group,)


def test_a_dynamic_block_over_nothing_is_absent(evaluate: Evaluate) -> None:
    stack = evaluate(
        'variable "on" {}\nresource "aws_lb" "l" {\n  dynamic "access_logs" {\n    for_each = var.on ? [1] : []\n    content {\n      enabled = true\n    }\n  }\n}\n'
    )
    assert flat(stack.resources[0].attr("access_logs")) == {
        "var.on": [{"enabled": True}],
        "not (var.on)": None,
    }


# --- modules

WEB = {
    "modules/web/main.tf": """
variable "env" {}
variable "name" {
  default = "web"
}
variable "size" {
  type    = object({ cpu = optional(number, 256), memory = number })
  default = { memory = 512 }
}
resource "aws_lb" "main" {
  name = "${var.name}-${var.env}"
}
output "arn" {
  value = aws_lb.main.arn
}
output "cpu" {
  value = var.size.cpu
}
""",
}


def test_local_modules_are_instantiated_for_each_call(evaluate: Evaluate) -> None:
    stack = evaluate(
        {
            "main.tf": 'module "a" {\n  source = "./modules/web"\n  env = "prod"\n}\n\nmodule "b" {\n  source = "./modules/web"\n  env = "dev"\n  name = "api"\n}\noutput "x" {\n  value = [module.a.arn, module.b.cpu]\n}\n',
            **WEB,
        }
    )
    assert addresses(stack) == ["module.a.aws_lb.main", "module.b.aws_lb.main"]
    assert attribute(stack, "module.a.aws_lb.main", "name") == "web-prod"
    assert attribute(stack, "module.b.aws_lb.main", "name") == "api-dev"
    arn, cpu = stack.outputs["x"].only(None)
    assert stack.resolve(arn) == (stack.resources[0],)
    assert flat(cpu) == 256
    lb = stack.resources[1]
    assert lb.span.path == "modules/web/main.tf"
    assert [(call.path, call.line) for call in lb.calls] == [("main.tf", 6)]


def test_modules_take_count_and_for_each(evaluate: Evaluate) -> None:
    stack = evaluate(
        {
            "main.tf": 'module "w" {\n  source = "./modules/web"\n  for_each = toset(["a", "b"])\n  env = each.key\n}\noutput "all" {\n  value = { for k, m in module.w : k => m.cpu }\n}\n',
            **WEB,
        }
    )
    assert addresses(stack) == ['module.w["a"].aws_lb.main', 'module.w["b"].aws_lb.main']
    assert attribute(stack, 'module.w["b"].aws_lb.main', "name") == "web-b"
    assert flat(stack.outputs["all"]) == {"a": 256, "b": 256}
    assert stack.find("module.w.aws_lb.main") is stack.resources[0]


def test_conditions_inside_modules_are_the_callers_where_passed_on(evaluate: Evaluate) -> None:
    inner = 'variable "env" {}\nvariable "own" {}\nresource "aws_eip" "a" {\n  count = var.env == "prod" ? 1 : 0\n}\nresource "aws_eip" "b" {\n  count = var.own == "x" ? 1 : 0\n}\n'
    stack = evaluate(
        {
            "main.tf": 'variable "stage" {}\nmodule "m" {\n  source = "./m"\n  env = var.stage\n}\n',
            "m/main.tf": inner,
        }
    )
    assert [str(resource.guard) for resource in stack.resources] == [
        'var.stage is "prod"',
        'module.m.var.own is "x"',
    ]


def test_a_conditional_module_guards_what_it_holds(evaluate: Evaluate) -> None:
    stack = evaluate(
        {
            "main.tf": 'variable "on" {}\nmodule "w" {\n  source = "./modules/web"\n  count = var.on ? 1 : 0\n  env = "e"\n}\n',
            **WEB,
        }
    )
    assert [(r.address, str(r.guard)) for r in stack.resources] == [("module.w[0].aws_lb.main", "var.on")]


def test_resources_passed_whole_keep_their_attributes_and_edges(evaluate: Evaluate) -> None:
    stack = evaluate(
        {
            "main.tf": 'resource "aws_vpc" "v" {\n  cidr_block = "10.0.0.0/16"\n}\nmodule "m" {\n  source = "./m"\n  vpc = aws_vpc.v\n}\n',
            "m/main.tf": 'variable "vpc" {}\nresource "aws_subnet" "s" {\n  vpc_id = var.vpc.id\n  cidr_block = var.vpc.cidr_block\n}\n',
        }
    )
    subnet = stack.find("module.m.aws_subnet.s")
    assert subnet is not None
    assert subnet.attr("cidr_block").only(None) == "10.0.0.0/16"
    assert stack.resolve(subnet.attr("vpc_id")) == (stack.find("aws_vpc.v"),)


def test_modules_from_elsewhere_are_unresolved_with_their_arguments(evaluate: Evaluate) -> None:
    stack = evaluate(
        'module "vpc" {\n  source  = "terraform-aws-modules/vpc/aws"\n  version = "5.0"\n  name = "main"\n}\nmodule "gone" {\n  source = "./gone"\n}\noutput "id" {\n  value = module.vpc.vpc_id\n}\n'
    )
    assert [(u.source, u.address, flat(u.arguments)) for u in stack.unresolved] == [
        ("terraform-aws-modules/vpc/aws", "module.vpc", {"name": "main"}),
        ("./gone", "module.gone", {}),
    ]
    unknown = stack.outputs["id"].unknown
    assert unknown is not None
    assert unknown.because == "module.vpc is not in the repository"
    assert [(ref.address, ref.attribute) for ref in unknown.references] == [("module.vpc", "vpc_id")]


def test_initialised_modules_on_disk_are_used(evaluate: Evaluate) -> None:
    index = {
        "Modules": [
            {"Key": "", "Dir": "."},
            {"Key": "q", "Dir": ".terraform/modules/q"},
            {"Key": "evil", "Dir": "../../.."},
        ]
    }
    stack = evaluate(
        {
            "main.tf": 'module "q" {\n  source = "x/q/aws"\n  n = "jobs"\n}\nmodule "evil" {\n  source = "x/e/aws"\n}\n',
            ".terraform/modules/modules.json": json.dumps(index),
            ".terraform/modules/q/main.tf": 'variable "n" {}\nresource "aws_sqs_queue" "q" {\n  name = var.n\n}\n',
        }
    )
    assert attribute(stack, "module.q.aws_sqs_queue.q", "name") == "jobs"
    assert [unresolved.address for unresolved in stack.unresolved] == ["module.evil"]


def test_a_module_that_calls_itself_ends(stacks: Stacks) -> None:
    found, _ = stacks(
        {
            "a/main.tf": 'module "b" {\n  source = "../b"\n}\n',
            "b/main.tf": 'module "a" {\n  source = "../a"\n}\n',
        }
    )
    assert len(found) == 1
    assert [unresolved.because for unresolved in found[0].unresolved] == ["it calls itself"]


# --- providers


def test_resources_know_their_provider_through_aliases_maps_and_inheritance(evaluate: Evaluate) -> None:
    stack = evaluate(
        {
            "main.tf": """
            provider "aws" {
              region = "eu-west-1"
              default_tags {
                tags = { Project = "shop" }
              }
            }
            provider "aws" {
              alias  = "us"
              region = "us-east-1"
            }
            resource "aws_eip" "plain" {}
            resource "aws_eip" "us" {
              provider = aws.us
            }
            resource "random_id" "r" {}
            module "inherits" {
              source = "./m"
            }
            module "mapped" {
              source = "./m"
              providers = {
                aws     = aws.us
                aws.dns = aws
              }
            }
            """,
            "m/main.tf": """
            terraform {
              required_providers {
                aws = { source = "hashicorp/aws", configuration_aliases = [aws.dns] }
              }
            }
            resource "aws_eip" "plain" {}
            resource "aws_eip" "dns" {
              provider = aws.dns
            }
            """,
        }
    )
    used = {r.address: r.provider.address if r.provider else None for r in stack.resources}
    assert used == {
        "aws_eip.plain": "aws",
        "aws_eip.us": "aws.us",
        "random_id.r": None,
        "module.inherits.aws_eip.plain": "aws",
        "module.inherits.aws_eip.dns": None,
        "module.mapped.aws_eip.plain": "aws.us",
        "module.mapped.aws_eip.dns": "aws",
    }
    aws = next(provider for provider in stack.providers if provider.address == "aws")
    assert flat(aws.body) == {"region": "eu-west-1", "default_tags": [{"tags": {"Project": "shop"}}]}


def test_a_module_may_configure_a_provider_of_its_own(evaluate: Evaluate) -> None:
    stack = evaluate(
        {
            "main.tf": 'provider "aws" {\n  region = "a"\n}\nmodule "m" {\n  source = "./m"\n}\n',
            "m/main.tf": 'provider "aws" {\n  region = "b"\n}\nresource "aws_eip" "e" {}\n',
        }
    )
    provider = stack.resources[0].provider
    assert provider is not None
    assert provider.address == "module.m.aws"


# --- variables


def test_defaults_are_known_and_automatic_files_override_them(evaluate: Evaluate) -> None:
    stack = evaluate(
        {
            "main.tf": 'variable "a" {\n  default = 1\n}\nvariable "b" {\n  default = 1\n}\nvariable "c" {\n  default = 1\n}\n',
            "terraform.tfvars": "b = 2\nc = 2\n",
            "z.auto.tfvars.json": '{"c": 3}',
        }
    )
    assert {name: flat(value) for name, value in stack.parameters.items()} == {"a": 1, "b": 2, "c": 3}
    assert stack.parameters["c"].span.path == "z.auto.tfvars.json"
    assert stack.environments == ()


def test_configured_variable_files_are_the_environments(evaluate: Evaluate) -> None:
    stack = evaluate(
        {
            "main.tf": 'variable "n" {}\nvariable "m" {\n  default = 0\n}\noutput "both" {\n  value = "${var.n}-${var.m}"\n}\n',
            "prod.tfvars": "n = 3\nm = 1\n",
            "dev.tfvars": "n = 1\n",
        },
        var_files=("prod.tfvars", "dev.tfvars"),
    )
    assert stack.environments == ("prod.tfvars", "dev.tfvars")
    assert flat(stack.outputs["both"]) == {'tfvars is "prod.tfvars"': "3-1", 'tfvars is "dev.tfvars"': "1-0"}
    assert stack.parameters["n"].alternatives[0].guard == Guard.when("tfvars", "prod.tfvars")


def test_variable_files_found_beside_are_environments_beside_the_default(evaluate: Evaluate) -> None:
    stack = evaluate(
        {
            "main.tf": 'variable "n" {\n  default = 1\n}\nvariable "m" {}\n',
            "environments/prod.tfvars": "n = 3\nm = 4\n",
            "environments/unrelated.tfvars": "zzz = 3\n",
        }
    )
    assert stack.environments == ("environments/prod.tfvars",)
    assert flat(stack.parameters["n"]) == {
        'tfvars is "environments/prod.tfvars"': 3,
        'tfvars is not "environments/prod.tfvars"': 1,
    }
    assert flat(stack.parameters["m"]) == {'tfvars is "environments/prod.tfvars"': 4, "?": ...}


def test_variables_are_converted_to_their_type(evaluate: Evaluate) -> None:
    stack = evaluate(
        """
        variable "port" {
          type    = number
          default = "80"
        }
        variable "tags" {
          type    = map(string)
          default = { n = 1 }
        }
        variable "zones" {
          type    = set(string)
          default = ["b", "a", "b"]
        }
        variable "mixed" {
          type    = map(any)
          default = { a = 1, b = "x" }
        }
        variable "services" {
          type = map(object({
            cpu  = optional(number, 256)
            name = optional(string)
          }))
          default = { web = { cpu = null }, api = { cpu = 512, dropped = 1 } }
        }
        variable "null" {
          nullable = false
          default  = "d"
        }
        """
    )
    assert {name: flat(value) for name, value in stack.parameters.items()} == {
        "port": 80,
        "tags": {"n": "1"},
        "zones": ["a", "b"],
        "mixed": {"a": "1", "b": "x"},
        "services": {"web": {"cpu": 256, "name": None}, "api": {"cpu": 512, "name": None}},
        "null": "d",
    }


def test_null_arguments_take_the_default_only_where_null_is_refused(evaluate: Evaluate) -> None:
    stack = evaluate(
        {
            "main.tf": 'module "m" {\n  source = "./m"\n  a = null\n  b = null\n}\noutput "x" {\n  value = module.m.x\n}\n',
            "m/main.tf": 'variable "a" {\n  default = 1\n}\nvariable "b" {\n  default = 1\n  nullable = false\n}\noutput "x" {\n  value = [var.a, var.b]\n}\n',
        }
    )
    assert flat(stack.outputs["x"]) == [None, 1]


# --- files


def test_override_files_replace_arguments_and_blocks(evaluate: Evaluate) -> None:
    stack = evaluate(
        {
            "main.tf": 'resource "aws_db_instance" "d" {\n  multi_az = false\n  port = 1\n  timeouts {\n    create = "1m"\n  }\n}\nlocals {\n  a = 1\n}\noutput "a" {\n  value = local.a\n}\n',
            "prod_override.tf": 'resource "aws_db_instance" "d" {\n  multi_az = true\n  timeouts {\n    create = "2m"\n  }\n}\nlocals {\n  a = 2\n}\n',
        }
    )
    assert flat(stack.resources[0].body) == {"multi_az": True, "port": 1, "timeouts": [{"create": "2m"}]}
    assert stack.resources[0].attr("multi_az").span.path == "prod_override.tf"
    assert flat(stack.outputs["a"]) == 2


def test_tofu_files_replace_terraform_files_of_the_same_name(evaluate: Evaluate) -> None:
    stack = evaluate(
        {
            "a.tf": 'resource "aws_eip" "tf" {}\n',
            "a.tofu": 'resource "aws_eip" "tofu" {}\n',
            "b.tofu": 'resource "aws_eip" "b" {}\n',
        }
    )
    assert addresses(stack) == ["aws_eip.tofu", "aws_eip.b"]


JSON = """{
  "//": "a comment",
  "variable": {"env": {"type": "string"}},
  "locals": {"n": "${1 + 1}"},
  "provider": {"aws": [{"region": "eu-west-1"}, {"alias": "us", "region": "us-east-1"}]},
  "resource": {
    "aws_sqs_queue": {
      "q": {
        "name": "jobs-${var.env}",
        "delay_seconds": "${local.n}",
        "provider": "aws.us",
        "redrive": [{"max": 3}],
        "dynamic": {"tag": {"for_each": ["a"], "content": {"key": "${tag.value}"}}}
      }
    }
  }
}
"""


def test_json_syntax_means_the_same_as_hcl(evaluate: Evaluate) -> None:
    stack = evaluate({"main.tf.json": JSON})
    (queue,) = stack.resources
    assert flat(queue.body) == {
        "name": ...,
        "delay_seconds": 2,
        "redrive": [{"max": 3}],
        "tag": [{"key": "a"}],
    }
    assert queue.attr("name").unknown is not None
    assert queue.attr("name").unknown.parts == ("jobs-", None)
    assert (queue.span.line, queue.attr("delay_seconds").span.line) == (8, 10)
    assert queue.provider is not None
    assert queue.provider.address == "aws.us"


def test_a_broken_part_is_named_and_everything_else_is_kept(stacks: Stacks) -> None:
    found, undecided = stacks(
        {
            "main.tf": 'resource "aws_eip" "a" {\n  x = \n}\n\nresource "aws_eip" "b" {\n  y = 1\n}\n',
            "ok.tf": 'resource "aws_eip" "c" {}\n',
        }
    )
    assert [(entry.rule, entry.span.path) for entry in undecided] == [("gate/unparsable-file", "main.tf")]
    assert {"aws_eip.b", "aws_eip.c"} <= set(addresses(found[0]))
    assert found[0].unresolved, "what the broken part holds is unknown"


def test_broken_json_is_named_with_its_line(stacks: Stacks) -> None:
    _, undecided = stacks({"main.tf.json": '{\n  "resource": {\n    nope\n}}'})
    assert [(entry.span.path, entry.span.line) for entry in undecided] == [("main.tf.json", 3)]


def test_something_declared_twice_is_named(stacks: Stacks) -> None:
    found, undecided = stacks({"a.tf": 'resource "aws_eip" "a" {}\n', "b.tf": 'resource "aws_eip" "a" {}\n'})
    assert [(entry.span.path, entry.because) for entry in undecided] == [
        ("b.tf", "`resource aws_eip a` is declared twice")
    ]
    assert addresses(found[0]) == ["aws_eip.a"]


def test_linked_files_are_shown_where_they_can_be_edited(tmp_path: Path) -> None:
    files = {"common/shared.tf": 'resource "aws_eip" "e" {}\n', "prod/main.tf": "", "dev/main.tf": ""}
    tree = tree_of(tmp_path, files)
    for root in ("prod", "dev"):
        (tmp_path / root / "shared.tf").symlink_to("../common/shared.tf")
    tree = type(tree)(tmp_path, (*tree.paths, "prod/shared.tf", "dev/shared.tf"))
    found, _ = load(tree)
    assert [(stack.path, [r.span.path for r in stack.resources]) for stack in found] == [
        ("common", ["common/shared.tf"]),
        ("dev", ["common/shared.tf"]),
        ("prod", ["common/shared.tf"]),
    ]


def test_terraform_settings_are_the_stacks_meta(evaluate: Evaluate) -> None:
    stack = evaluate(
        'terraform {\n  required_version = ">= 1.5"\n  backend "s3" {\n    encrypt = true\n  }\n}\n'
    )
    assert flat(stack.meta) == {"required_version": ">= 1.5", "backend": [{"type": "s3", "encrypt": True}]}


# --- plans


def plan() -> dict[str, Any]:
    queue = {
        "address": "module.m.aws_sqs_queue.q[0]",
        "mode": "managed",
        "type": "aws_sqs_queue",
        "name": "q",
        "index": 0,
    }
    return {
        "format_version": "1.2",
        "planned_values": {
            "root_module": {
                "resources": [
                    {
                        "address": "aws_kms_key.k",
                        "mode": "managed",
                        "type": "aws_kms_key",
                        "name": "k",
                        "values": {"description": "d"},
                    }
                ],
                "child_modules": [
                    {
                        "address": "module.m",
                        "resources": [
                            {
                                **queue,
                                "values": {"name": "jobs", "tags": None, "tags_all": {"Project": "shop"}},
                            }
                        ],
                    }
                ],
            }
        },
        "resource_changes": [
            {
                "address": queue["address"],
                "change": {"after_unknown": {"arn": True, "kms_master_key_id": True, "tags_all": {}}},
            }
        ],
        "configuration": {
            "root_module": {
                "module_calls": {
                    "m": {
                        "module": {
                            "resources": [
                                {
                                    "address": "aws_sqs_queue.q",
                                    "expressions": {
                                        "kms_master_key_id": {
                                            "references": ["aws_kms_key.k.arn", "aws_kms_key.k"]
                                        }
                                    },
                                }
                            ]
                        }
                    }
                }
            }
        },
    }


def test_a_plan_gives_terraforms_own_values_on_the_sources_lines(evaluate: Evaluate) -> None:
    stack = evaluate(
        {
            "main.tf": 'variable "n" {}\nresource "aws_kms_key" "k" {}\nmodule "m" {\n  source = "./m"\n}\nprovider "aws" {}\n',
            "m/main.tf": 'resource "aws_sqs_queue" "q" {\n  count = 1\n  name = "from source"\n}\n',
            "plan.json": json.dumps(plan()),
        },
        plans=("plan.json",),
    )
    queue = stack.find("module.m.aws_sqs_queue.q[0]")
    assert queue is not None
    assert flat(queue.body) == {
        "name": "jobs",
        "tags": None,
        "tags_all": {"Project": "shop"},
        "arn": ...,
        "kms_master_key_id": ...,
    }
    assert (queue.attr("name").span.path, queue.attr("name").span.line) == ("m/main.tf", 3)
    assert [call.line for call in queue.calls] == [3]
    assert queue.provider is not None
    assert ("module.m.aws_kms_key.k", "arn") in {
        (r.address, r.attribute) for r in queue.attr("kms_master_key_id").references
    }


def test_a_plan_that_fits_no_root_is_a_stack_of_its_own(stacks: Stacks) -> None:
    found, undecided = stacks(
        {"plans/p.json": json.dumps(plan()), "bad.json": "{}"}, plans=("plans/p.json", "bad.json")
    )
    assert [(stack.path, len(stack.resources)) for stack in found] == [("plans", 2)]
    assert found[0].resources[0].span.path == "plans/p.json"
    assert found[0].resources[0].span.line is None
    assert [entry.span.path for entry in undecided] == ["bad.json"]


def test_files_names_everything_that_was_read(evaluate: Evaluate) -> None:
    files: Mapping[str, str] = {
        "main.tf": 'module "w" {\n  source = "./modules/web"\n  env = "e"\n}\n',
        "terraform.tfvars": "",
        **WEB,
    }
    assert evaluate(files).files == ("main.tf", "modules/web/main.tf", "terraform.tfvars")


def test_a_root_is_shown_by_its_main_file(evaluate: Evaluate) -> None:
    assert evaluate({"alb.tf": 'resource "aws_lb" "l" {}\n', "main.tf": ""}).span.path == "main.tf"


def test_the_body_of_an_object_is_a_map(evaluate: Evaluate) -> None:
    assert isinstance(evaluate('resource "aws_eip" "e" {}\n').resources[0].body, Map)
