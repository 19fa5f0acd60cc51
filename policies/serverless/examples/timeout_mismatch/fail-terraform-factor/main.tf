resource "aws_sqs_queue" "jobs" {
  name                       = "jobs"
  visibility_timeout_seconds = 60 # expect: serverless/timeout-mismatch
}

resource "aws_lambda_function" "work" {
  function_name = "work"
  timeout       = 20
}

resource "aws_lambda_event_source_mapping" "work" {
  function_name    = aws_lambda_function.work.arn
  event_source_arn = aws_sqs_queue.jobs.arn
}
