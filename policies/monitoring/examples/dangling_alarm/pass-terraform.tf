variable "queue" {
  type    = string
  default = "orders-of-another-stack"
}

variable "environment" {
  type = string
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}

resource "aws_lb" "web" {
  name = "web"
}

data "aws_sqs_queue" "legacy" {
  name = "legacy"
}

resource "aws_cloudwatch_metric_alarm" "right" {
  for_each            = toset(["orders", "legacy"])
  alarm_name          = "${each.key}-age"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = each.key }
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 5
}

# Another one's queue.
resource "aws_cloudwatch_metric_alarm" "given" {
  alarm_name          = "other-age"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = var.queue }
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 5
}

# The name is cut out of the ARN.
resource "aws_cloudwatch_metric_alarm" "balancer" {
  alarm_name          = "web-errors"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_ELB_5XX_Count"
  dimensions          = { LoadBalancer = split(":loadbalancer/", aws_lb.web.arn)[1] }
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 5
}

resource "aws_cloudwatch_metric_alarm" "suffix" {
  alarm_name          = "web-slow"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "TargetResponseTime"
  dimensions          = { LoadBalancer = aws_lb.web.arn_suffix }
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 5
}

# No table is declared here: it is kept elsewhere.
resource "aws_cloudwatch_metric_alarm" "table" {
  alarm_name          = "sessions-throttled"
  namespace           = "AWS/DynamoDB"
  metric_name         = "ReadThrottleEvents"
  dimensions          = { TableName = "sessions" }
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 5
}

# Two functions, one of a name that could be this one.
resource "aws_lambda_function" "mails" {
  function_name = "${var.environment}-mails"
  role          = "arn:aws:iam::111122223333:role/mails"
}

resource "aws_cloudwatch_metric_alarm" "mails" {
  alarm_name          = "mails-errors"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = "production-mails" } # undecided: monitoring/dangling-alarm
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
}
