resource "aws_cloudwatch_metric_alarm" "cpu" {
  alarm_name          = "database-cpu"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 3
}

resource "aws_cloudwatch_event_rule" "alarms" {
  name = "alarms"
  event_pattern = jsonencode({
    source        = ["aws.cloudwatch"]
    "detail-type" = ["CloudWatch Alarm State Change"]
  })
}
