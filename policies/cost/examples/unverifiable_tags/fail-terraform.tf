provider "aws" {
  region = "eu-central-1"
}

variable "tags" { # expect: cost/unverifiable-tags
  type = map(string)
}

resource "aws_sqs_queue" "jobs" {
  tags = var.tags
}

resource "aws_sqs_queue" "mail" {
  tags = merge(var.tags, { Name = "mail" })
}
