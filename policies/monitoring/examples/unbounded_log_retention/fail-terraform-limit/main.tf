resource "aws_cloudwatch_log_group" "web" {
  name              = "/shop/web"
  retention_in_days = 3653 # expect: monitoring/unbounded-log-retention
}

resource "aws_lambda_function" "thumbnails" {
  function_name = "thumbnails"
  role          = "arn:aws:iam::111122223333:role/thumbnails"
}
