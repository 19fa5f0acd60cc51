# undecided: monitoring/untreated-missing-data
variable "treatment" {
  type = string
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "thumbnails-errors"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  alarm_name          = "thumbnails-throttles"
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  treat_missing_data  = var.treatment
}

# A metric that is always there.
resource "aws_cloudwatch_metric_alarm" "cpu" {
  alarm_name          = "database-cpu"
  namespace           = "AWS/RDS"
  metric_name         = "CPUUtilization"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 90
  evaluation_periods  = 3
}

# So is this one.
resource "aws_cloudwatch_metric_alarm" "status" {
  alarm_name          = "bastion-status"
  namespace           = "AWS/EC2"
  metric_name         = "StatusCheckFailed"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 3
}
