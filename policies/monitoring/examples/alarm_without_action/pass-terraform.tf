variable "actions" {
  type    = list(string)
  default = []
}

# undecided: monitoring/alarm-without-action
variable "receivers" {
  type = list(string)
}

resource "aws_sns_topic" "operations" {
  name = "operations"
}

resource "aws_cloudwatch_metric_alarm" "tells" {
  alarm_name          = "database-cpu"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 3
  alarm_actions       = [aws_sns_topic.operations.arn]
}

# Its composite alarm tells.
resource "aws_cloudwatch_metric_alarm" "child" {
  alarm_name          = "database-connections"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 3
}

resource "aws_cloudwatch_metric_alarm" "named_child" {
  alarm_name          = "database-storage"
  comparison_operator = "LessThanThreshold"
  evaluation_periods  = 3
}

resource "aws_cloudwatch_composite_alarm" "database" {
  alarm_name    = "database"
  alarm_rule    = "ALARM(${aws_cloudwatch_metric_alarm.child.alarm_name}) OR ALARM(database-storage)"
  alarm_actions = [aws_sns_topic.operations.arn]
}

# A deployment listens.
resource "aws_cloudwatch_metric_alarm" "deployment" {
  alarm_name          = "web-errors"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
}

resource "aws_codedeploy_deployment_group" "web" {
  app_name              = "web"
  deployment_group_name = "web"
  service_role_arn      = "arn:aws:iam::111122223333:role/deploy"

  alarm_configuration {
    enabled = true
    alarms  = ["web-errors"]
  }
}

resource "aws_cloudwatch_metric_alarm" "given" {
  alarm_name          = "cache-cpu"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 3
  alarm_actions       = var.actions # undecided: monitoring/alarm-without-action
}

resource "aws_cloudwatch_metric_alarm" "asked" {
  alarm_name          = "cache-memory"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 3
  alarm_actions       = var.receivers
}
