variable "queue" {
  type = any
}

resource "aws_cloudwatch_metric_alarm" "age" {
  alarm_name          = "${var.queue.name}-age"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = var.queue.name }
  comparison_operator = "GreaterThanThreshold"
  threshold           = 600
  evaluation_periods  = 5
}
