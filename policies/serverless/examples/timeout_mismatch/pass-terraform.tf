# undecided: serverless/timeout-mismatch
variable "seconds" {}

# between one and six times the timeout
resource "aws_sqs_queue" "jobs" {
  name = "jobs"
}

resource "aws_lambda_function" "work" {
  function_name = "work"
  timeout       = 20
}

resource "aws_lambda_event_source_mapping" "work" {
  function_name    = aws_lambda_function.work.arn
  event_source_arn = aws_sqs_queue.jobs.arn
}

resource "aws_lambda_function" "other" {
  function_name = "other"
  timeout       = var.seconds
}

resource "aws_lambda_event_source_mapping" "other" {
  function_name    = aws_lambda_function.other.arn
  event_source_arn = aws_sqs_queue.jobs.arn
}

resource "aws_lambda_function" "site" {
  function_name = "site"
  timeout       = 30
}

resource "aws_apigatewayv2_integration" "site" {
  integration_type = "AWS_PROXY"
  integration_uri  = aws_lambda_function.site.invoke_arn
}

# AWS raised the limit
resource "aws_lambda_function" "slow" {
  function_name = "slow"
  timeout       = 60
}

resource "aws_api_gateway_integration" "slow" {
  uri                  = aws_lambda_function.slow.invoke_arn
  timeout_milliseconds = 60000
}

# a schedule calls it too
resource "aws_lambda_function" "both" {
  function_name = "both"
  timeout       = 600
}

resource "aws_api_gateway_integration" "both" {
  uri = aws_lambda_function.both.invoke_arn
}

resource "aws_cloudwatch_event_target" "both" {
  rule = "nightly"
  arn  = aws_lambda_function.both.arn
}
