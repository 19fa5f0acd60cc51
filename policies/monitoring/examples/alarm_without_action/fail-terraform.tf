resource "aws_sns_topic" "operations" {
  name = "operations"
}

# expect: monitoring/alarm-without-action
resource "aws_cloudwatch_metric_alarm" "silent" {
  alarm_name          = "database-cpu"
  namespace           = "AWS/RDS"
  metric_name         = "CPUUtilization"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 90
  evaluation_periods  = 3
  ok_actions          = [aws_sns_topic.operations.arn]
}

resource "aws_cloudwatch_metric_alarm" "muted" {
  alarm_name          = "database-storage"
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  comparison_operator = "LessThanThreshold"
  threshold           = 5368709120
  evaluation_periods  = 3
  actions_enabled     = false # expect: monitoring/alarm-without-action
  alarm_actions       = [aws_sns_topic.operations.arn]
}

# A picture of it wakes nobody.
resource "aws_cloudwatch_dashboard" "shop" {
  dashboard_name = "shop"
  dashboard_body = jsonencode({
    widgets = [{ type = "alarm", properties = { alarms = [aws_cloudwatch_metric_alarm.silent.arn] } }]
  })
}

# expect: monitoring/alarm-without-action
resource "aws_cloudwatch_composite_alarm" "down" {
  alarm_name = "shop-down"
  alarm_rule = "ALARM(\"database-cpu-high\")"
}
