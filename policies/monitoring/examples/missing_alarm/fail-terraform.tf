# expect: monitoring/missing-alarm
resource "aws_db_instance" "shop" {
  identifier        = "shop"
  engine            = "postgres"
  allocated_storage = 20
}

# expect: monitoring/missing-alarm
resource "aws_sqs_queue" "jobs" {
  for_each = toset(["mail", "thumbnails"])
  name     = each.key
}

# Watches one of the two.
resource "aws_cloudwatch_metric_alarm" "mail" {
  alarm_name          = "mail-age"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = aws_sqs_queue.jobs["mail"].name }
  comparison_operator = "GreaterThanThreshold"
  threshold           = 600
  evaluation_periods  = 5
}

# The right metric of something else.
resource "aws_cloudwatch_metric_alarm" "other_cpu" {
  alarm_name          = "web-cpu"
  namespace           = "AWS/ECS"
  metric_name         = "CPUUtilization"
  dimensions          = { ClusterName = "shop", ServiceName = "shop" }
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  evaluation_periods  = 5
}

# expect: monitoring/missing-alarm
resource "aws_lambda_function" "thumbnails" {
  function_name = "thumbnails"
  role          = "arn:aws:iam::111122223333:role/thumbnails"
}

resource "aws_cloudwatch_metric_alarm" "thumbnails" {
  alarm_name          = "thumbnails-errors"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.thumbnails.function_name }
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
}
