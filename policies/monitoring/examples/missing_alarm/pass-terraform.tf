variable "environment" {
  type = string
}

# Storage grows by itself; one alarm by reference, one by the same name.
resource "aws_db_instance" "shop" {
  identifier            = "${var.environment}-shop"
  engine                = "postgres"
  allocated_storage     = 20
  max_allocated_storage = 100
}

resource "aws_cloudwatch_metric_alarm" "cpu" {
  alarm_name          = "shop-cpu"
  comparison_operator = "GreaterThanUpperThreshold"
  threshold_metric_id = "band"
  evaluation_periods  = 3

  metric_query {
    id          = "band"
    expression  = "ANOMALY_DETECTION_BAND(cpu)"
    return_data = true
  }

  metric_query {
    id = "cpu"

    metric {
      namespace   = "AWS/RDS"
      metric_name = "CPUUtilization"
      period      = 60
      stat        = "Average"
      dimensions  = { DBInstanceIdentifier = aws_db_instance.shop.identifier }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "connections" {
  alarm_name          = "shop-connections"
  namespace           = "AWS/RDS"
  metric_name         = "DatabaseConnections"
  dimensions          = { DBInstanceIdentifier = "${var.environment}-shop" }
  comparison_operator = "GreaterThanThreshold"
  threshold           = 90
  evaluation_periods  = 3
}

# for_each on both sides.
resource "aws_sqs_queue" "jobs" {
  for_each = toset(["mail", "thumbnails"])
  name     = each.key

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.failed.arn
    maxReceiveCount     = 5
  })
}

resource "aws_cloudwatch_metric_alarm" "age" {
  for_each            = aws_sqs_queue.jobs
  alarm_name          = "${each.key}-age"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = each.value.name }
  comparison_operator = "GreaterThanThreshold"
  threshold           = 600
  evaluation_periods  = 5
}

# A dead-letter queue needs one on its length.
resource "aws_sqs_queue" "failed" {
  name = "failed"
}

resource "aws_cloudwatch_metric_alarm" "failed" {
  alarm_name          = "failed"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = "failed" }
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
}

# A query over all functions.
resource "aws_lambda_function" "thumbnails" {
  function_name = "thumbnails"
  role          = "arn:aws:iam::111122223333:role/thumbnails"
}

resource "aws_cloudwatch_metric_alarm" "functions" {
  for_each            = toset(["Errors", "Throttles"])
  alarm_name          = "functions-${each.key}"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1

  metric_query {
    id          = "all"
    expression  = "SELECT SUM(${each.key}) FROM SCHEMA(\"AWS/Lambda\", FunctionName) GROUP BY FunctionName"
    period      = 60
    return_data = true
  }
}

# The lock of Terraform's own state.
resource "aws_dynamodb_table" "locks" {
  name         = "terraform-locks"
  hash_key     = "LockID"
  billing_mode = "PAY_PER_REQUEST"

  attribute {
    name = "LockID"
    type = "S"
  }
}

# Its CPU and memory are followed by target tracking.
resource "aws_ecs_service" "web" {
  name = "web"
}

resource "aws_appautoscaling_target" "web" {
  service_namespace  = "ecs"
  resource_id        = "service/shop/${aws_ecs_service.web.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 2
  max_capacity       = 8
}

resource "aws_appautoscaling_policy" "web" {
  for_each           = toset(["ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization"])
  name               = each.key
  policy_type        = "TargetTrackingScaling"
  service_namespace  = "ecs"
  resource_id        = aws_appautoscaling_target.web.resource_id
  scalable_dimension = "ecs:service:DesiredCount"

  target_tracking_scaling_policy_configuration {
    target_value = 65

    predefined_metric_specification {
      predefined_metric_type = each.key
    }
  }
}
