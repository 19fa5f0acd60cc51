# expect: monitoring/untreated-missing-data
resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "thumbnails-errors"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = "thumbnails" }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 1
}

resource "aws_cloudwatch_metric_alarm" "balancer" {
  alarm_name          = "balancer-errors"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_ELB_5XX_Count"
  dimensions          = { LoadBalancer = "app/shop/50dc6c495c0c9188" }
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 10
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "missing" # expect: monitoring/untreated-missing-data
}
