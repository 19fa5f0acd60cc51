# expect-file: cost/missing-budget
resource "aws_sqs_queue" "jobs" {
  count = 25
}
