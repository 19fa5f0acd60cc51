resource "aws_sqs_queue" "jobs" {
  name                       = "jobs"
  visibility_timeout_seconds = 60 # expect: serverless/timeout-mismatch
}

resource "aws_lambda_function" "work" {
  function_name = "work"
  timeout       = 120
}

resource "aws_lambda_event_source_mapping" "work" {
  function_name    = aws_lambda_function.work.arn
  event_source_arn = aws_sqs_queue.jobs.arn
}

resource "aws_lambda_function" "site" {
  function_name = "site"
  timeout       = 300 # expect: serverless/timeout-mismatch
}

resource "aws_api_gateway_integration" "site" {
  type = "AWS_PROXY"
  uri  = aws_lambda_function.site.invoke_arn
}
