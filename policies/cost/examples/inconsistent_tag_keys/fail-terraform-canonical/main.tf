resource "aws_sqs_queue" "jobs" {
  tags = { Project = "shop" } # expect: cost/inconsistent-tag-keys
}
