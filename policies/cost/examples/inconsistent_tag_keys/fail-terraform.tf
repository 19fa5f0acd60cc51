provider "aws" {
  default_tags {
    tags = { Project = "shop", CostCenter = "4711" }
  }
}

resource "aws_sqs_queue" "jobs" {}

resource "aws_instance" "test" {
  tags = {
    Name        = "test"
    cost-center = "4712" # expect: cost/inconsistent-tag-keys
  }
}
