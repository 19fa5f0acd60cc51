resource "aws_sqs_queue" "jobs" {
  tags = { Environment = "Prod" } # expect: cost/invalid-tag-value
}

resource "aws_sqs_queue" "mail" {
  tags = { environment = "staging" }
}
