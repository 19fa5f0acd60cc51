provider "aws" {
  region = "eu-central-1"
}

variable "tags" { # undecided: cost/missing-tags
  type = map(string)
}

resource "aws_sqs_queue" "jobs" {
  tags = merge(var.tags, { Name = "jobs" })
}

resource "aws_sns_topic" "alarms" {
  tags = var.tags
}

# The tags are put there by somebody else.
resource "aws_s3_bucket" "media" {
  lifecycle {
    ignore_changes = [tags, tags_all]
  }
}
