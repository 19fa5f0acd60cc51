resource "aws_sqs_queue" "orders" {
  name = "orders"
}

resource "aws_cloudwatch_metric_alarm" "orders" {
  alarm_name          = "orders"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = "orders" }
  comparison_operator = "GreaterThanThreshold"
  threshold           = 100
  evaluation_periods  = 5
}
