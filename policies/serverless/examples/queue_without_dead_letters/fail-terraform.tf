# expect: serverless/queue-without-dead-letters
resource "aws_sqs_queue" "celery" {
  name                       = "celery"
  visibility_timeout_seconds = 3600
}
