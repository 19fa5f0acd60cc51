# undecided: serverless/queue-without-dead-letters
variable "redrive" {}

resource "aws_sqs_queue" "celery" {
  name = "celery"
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.unworkable.arn
    maxReceiveCount     = 5
  })
}

# by reference
resource "aws_sqs_queue" "unworkable" {
  name = "unworkable"
}

# by name
resource "aws_sqs_queue" "mails_dlq" {
  name = "mails"
}

resource "aws_sqs_queue" "jobs" {
  name = "jobs"
}

resource "aws_sqs_queue_redrive_policy" "jobs" {
  queue_url = aws_sqs_queue.jobs.id
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.unworkable.arn
    maxReceiveCount     = 5
  })
}

# where a function's failures go
resource "aws_sqs_queue" "lost" {
  name = "lost"
}

resource "aws_lambda_function" "resize" {
  function_name = "resize"
  dead_letter_config {
    target_arn = aws_sqs_queue.lost.arn
  }
}

resource "aws_sqs_queue" "open" {
  name           = "open"
  redrive_policy = var.redrive
}
