provider "aws" {
  region = "eu-central-1"
}

locals {
  tags = { Project = "shop", Environment = "production", Owner = "web" }
}

resource "aws_sqs_queue" "jobs" {
  tags = local.tags
}

resource "aws_sqs_queue" "mail" {
  tags = local.tags
}

resource "aws_sqs_queue" "search" {
  tags = merge(local.tags, { Name = "search" })
}
