resource "aws_sqs_queue" "orders" {
  name = "orders"
}

resource "aws_lb" "web" {
  name = "web"
}

resource "aws_cloudwatch_metric_alarm" "age" {
  alarm_name          = "orders-age"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 5

  dimensions = {
    QueueName = "order" # expect: monitoring/dangling-alarm
  }
}

resource "aws_cloudwatch_metric_alarm" "url" {
  alarm_name          = "orders-age"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = aws_sqs_queue.orders.id } # expect: monitoring/dangling-alarm
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 5
}

resource "aws_cloudwatch_metric_alarm" "case" {
  alarm_name          = "orders-age"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { Queuename = aws_sqs_queue.orders.name } # expect: monitoring/dangling-alarm
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 5
}

resource "aws_cloudwatch_metric_alarm" "balancer" {
  alarm_name          = "web-errors"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 5

  metric_query {
    id = "errors"

    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = "HTTPCode_ELB_5XX_Count"
      period      = 60
      stat        = "Sum"

      dimensions = {
        LoadBalancer = "${aws_lb.web.arn}" # expect: monitoring/dangling-alarm
      }
    }
  }
}
