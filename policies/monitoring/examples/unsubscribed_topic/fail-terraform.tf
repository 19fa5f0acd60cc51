# expect: monitoring/unsubscribed-topic
resource "aws_sns_topic" "operations" {
  name = "operations"
}

resource "aws_sns_topic" "orders" {
  name = "orders"
}

resource "aws_sns_topic_subscription" "orders" {
  topic_arn = aws_sns_topic.orders.arn
  protocol  = "sqs"
  endpoint  = "arn:aws:sqs:eu-west-1:111122223333:orders"
}

resource "aws_cloudwatch_metric_alarm" "cpu" {
  alarm_name          = "database-cpu"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 3
  alarm_actions       = [aws_sns_topic.operations.arn]
}
