provider "aws" {
  region = "eu-central-1"
}

variable "environment" {}

locals {
  tags = { Project = "shop", Environment = var.environment }
}

resource "aws_sqs_queue" "jobs" {
  tags = var.environment == "production" ? merge(local.tags, { Owner = "web" }) : local.tags # expect: cost/missing-tags
}
