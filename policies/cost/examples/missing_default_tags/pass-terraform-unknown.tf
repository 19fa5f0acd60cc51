variable "tags" {}

provider "aws" {
  default_tags {
    tags = var.tags
  }
}

resource "aws_sqs_queue" "jobs" {}
resource "aws_sqs_queue" "mail" {}
resource "aws_sqs_queue" "search" {}
