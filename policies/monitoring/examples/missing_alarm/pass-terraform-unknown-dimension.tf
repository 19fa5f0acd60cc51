variable "alarms" {
  type = map(object({ metric = string, queue = string }))
}

# undecided: monitoring/missing-alarm
resource "aws_sqs_queue" "orders" {
  name = "orders"
}

resource "aws_cloudwatch_metric_alarm" "queues" {
  for_each            = var.alarms
  alarm_name          = each.key
  namespace           = "AWS/SQS"
  metric_name         = each.value.metric
  dimensions          = { QueueName = each.value.queue }
  comparison_operator = "GreaterThanThreshold"
  threshold           = 1
  evaluation_periods  = 1
}
