variable "functions" {
  type = set(string)
}

# undecided: monitoring/unbounded-log-retention
resource "aws_lambda_function" "thumbnails" {
  function_name = "thumbnails"
  role          = "arn:aws:iam::111122223333:role/thumbnails"
}

resource "aws_cloudwatch_log_group" "functions" {
  for_each          = var.functions
  name              = "/aws/lambda/${each.key}"
  retention_in_days = 30
}
