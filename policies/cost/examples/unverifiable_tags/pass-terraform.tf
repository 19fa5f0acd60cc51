provider "aws" {
  region = "eu-central-1"
}

variable "tags" {
  type = map(string)
}

variable "environment" {}

# Whatever the variable holds, the three are there.
resource "aws_sqs_queue" "jobs" {
  tags = merge({ Project = "shop", Environment = var.environment, Owner = "web" }, var.tags)
}

# Certainly without: that is missing-tags' to say.
resource "aws_sqs_queue" "mail" {}
