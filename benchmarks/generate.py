"""Make repositories of any size to measure on.

python benchmarks/generate.py TARGET [--roots N] [--resources M] [--templates N] [--python N]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

PROVIDER = """provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }
}

variable "region" {
  default = "eu-central-1"
}

variable "environment" {
  default = "prod"
}

locals {
  tags = { Project = "generated", Environment = var.environment, Owner = "team-a" }
}
"""

#: One of each kind, in turn: `{n}` is the number.
RESOURCES = (
    'resource "aws_sqs_queue" "q{n}" {{\n  name = "${{var.environment}}-q{n}"\n  tags = merge(local.tags, {{ Name = "q{n}" }})\n}}\n',
    'resource "aws_s3_bucket" "b{n}" {{\n  bucket = "${{var.environment}}-b{n}"\n}}\n',
    'resource "aws_cloudwatch_log_group" "l{n}" {{\n  name              = "/app/l{n}"\n  retention_in_days = var.environment == "prod" ? 365 : 7\n}}\n',
    'resource "aws_db_instance" "d{n}" {{\n  identifier        = "d{n}"\n  engine            = "postgres"\n  instance_class    = "db.t4g.medium"\n  allocated_storage = 20\n  storage_encrypted = true\n}}\n',
    'resource "aws_cloudwatch_metric_alarm" "a{n}" {{\n  alarm_name          = "a{n}"\n  namespace           = "AWS/RDS"\n  metric_name         = "FreeStorageSpace"\n  comparison_operator = "LessThanThreshold"\n  threshold           = 1000\n  evaluation_periods  = 3\n  dimensions          = {{ DBInstanceIdentifier = aws_db_instance.d{previous}.identifier }}\n}}\n',
)

TEMPLATE = """AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Environment:
    Type: String
    Default: prod
Resources:
  Queue{n}:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub "${{Environment}}-q{n}"
  Table{n}:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - AttributeName: id
          AttributeType: S
      KeySchema:
        - AttributeName: id
          KeyType: HASH
"""

MODULE = '''"""Module {n}."""

{imports}from django.conf import settings


class Order{n}:
    """An order."""

    def __init__(self, total: int) -> None:
        self.total = total

    def charge(self) -> bool:
        """Charge it."""
        if settings.DEBUG:
            return False
        return {charge}


def orders(count: int) -> list[Order{n}]:
    return [Order{n}(number * {n}) for number in range(count)]
'''


def generate(
    target: Path, *, roots: int = 0, resources: int = 0, templates: int = 0, python: int = 0
) -> None:
    """Writes `roots` Terraform roots of `resources` resources each, `templates` templates and `python` Python files."""
    for root in range(roots):
        folder = target / "infra" / f"root{root:03}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "main.tf").write_text(PROVIDER)
        for start in range(0, resources, 25):
            numbers = range(start, min(start + 25, resources))
            (folder / f"part{start:05}.tf").write_text("\n".join(_resource(number) for number in numbers))
    for number in range(templates):
        (target / "templates").mkdir(parents=True, exist_ok=True)
        (target / "templates" / f"stack{number:04}.yaml").write_text(TEMPLATE.format(n=number))
    for number in range(python):
        folder = target / "app" / f"package{number // 50:03}"
        folder.mkdir(parents=True, exist_ok=True)
        # One in twenty has something to find.
        faulty = number % 20 == 0
        text = MODULE.format(
            n=number,
            imports="import subprocess\n\n" if faulty else "",
            charge='subprocess.call(["charge", str(self.total)]) == 0' if faulty else "self.total > 0",
        )
        (folder / f"module{number:05}.py").write_text(text)


def _resource(number: int) -> str:
    previous = number - 1 if number % len(RESOURCES) == 4 else number
    return RESOURCES[number % len(RESOURCES)].format(n=number, previous=previous)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", type=Path)
    for name, default in (("roots", 1), ("resources", 50), ("templates", 0), ("python", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    chosen = parser.parse_args(arguments)
    generate(
        chosen.target,
        roots=chosen.roots,
        resources=chosen.resources,
        templates=chosen.templates,
        python=chosen.python,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
