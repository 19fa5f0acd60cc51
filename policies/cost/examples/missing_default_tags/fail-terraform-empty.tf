provider "aws" { # expect: cost/missing-default-tags
  default_tags {
    tags = {}
  }
}

resource "aws_sqs_queue" "jobs" {}
resource "aws_sqs_queue" "mail" {}
resource "aws_sqs_queue" "search" {}
