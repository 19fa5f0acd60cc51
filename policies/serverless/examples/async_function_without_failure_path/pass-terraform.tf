# behind an API the caller sees the error
resource "aws_lambda_function" "api" {
  function_name = "api"
}

resource "aws_lambda_permission" "api" {
  function_name = aws_lambda_function.api.function_name
  principal     = "apigateway.amazonaws.com"
}

# the queue keeps what fails
resource "aws_lambda_function" "jobs" {
  function_name = "jobs"
}

resource "aws_lambda_event_source_mapping" "jobs" {
  function_name    = aws_lambda_function.jobs.arn
  event_source_arn = "arn:aws:sqs:eu-west-1:123456789012:jobs"
}

resource "aws_lambda_function" "resize" {
  function_name = "resize"
}

resource "aws_lambda_permission" "resize" {
  function_name = aws_lambda_function.resize.function_name
  principal     = "s3.amazonaws.com"
}

resource "aws_lambda_function_event_invoke_config" "resize" {
  function_name = aws_lambda_function.resize.function_name
  destination_config {
    on_failure {
      destination = "arn:aws:sqs:eu-west-1:123456789012:failed"
    }
  }
}

resource "aws_lambda_function" "told" {
  function_name = "told"
}

resource "aws_lambda_permission" "told" {
  function_name = aws_lambda_function.told.function_name
  principal     = "sns.amazonaws.com"
}

# undecided: serverless/async-function-without-failure-path
module "failures" {
  source   = "example/failures/aws"
  function = aws_lambda_function.told.function_name
}
