# expect: serverless/async-function-without-failure-path
resource "aws_lambda_function" "resize" {
  function_name = "resize"
}

resource "aws_s3_bucket_notification" "uploads" {
  bucket = "uploads"
  lambda_function {
    lambda_function_arn = aws_lambda_function.resize.arn
    events              = ["s3:ObjectCreated:*"]
  }
}

# expect: serverless/async-function-without-failure-path
resource "aws_lambda_function" "report" {
  function_name = "report"
}

resource "aws_lambda_alias" "report" {
  name             = "live"
  function_name    = aws_lambda_function.report.function_name
  function_version = "1"
}

resource "aws_cloudwatch_event_target" "report" {
  rule = "nightly"
  arn  = aws_lambda_alias.report.arn
}
