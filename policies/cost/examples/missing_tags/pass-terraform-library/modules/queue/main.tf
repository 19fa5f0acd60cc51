variable "name" {}

# Its caller's provider may have default tags.
resource "aws_sqs_queue" "this" { # undecided: cost/missing-tags
  name = var.name
}
