# undecided: monitoring/unsubscribed-topic
resource "aws_sns_topic" "operations" {
  name = "operations"
}

resource "aws_cloudwatch_metric_alarm" "cpu" {
  alarm_name          = "database-cpu"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 3
  alarm_actions       = [aws_sns_topic.operations.arn]
}

output "operations_topic" {
  value = aws_sns_topic.operations.arn
}
