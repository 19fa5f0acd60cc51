# expect: monitoring/unbounded-log-retention
resource "aws_cloudwatch_log_group" "web" {
  name = "/shop/web"
}

resource "aws_cloudwatch_log_group" "worker" {
  name              = "/shop/worker"
  retention_in_days = 0 # expect: monitoring/unbounded-log-retention
}

# expect: monitoring/unbounded-log-retention
resource "aws_lambda_function" "thumbnails" {
  function_name = "thumbnails"
  role          = "arn:aws:iam::111122223333:role/thumbnails"
}

resource "aws_db_instance" "shop" {
  identifier                      = "shop"
  engine                          = "postgres"
  enabled_cloudwatch_logs_exports = ["postgresql"] # expect: monitoring/unbounded-log-retention
}

resource "aws_ecs_task_definition" "web" {
  family = "web"

  # expect: monitoring/unbounded-log-retention
  container_definitions = jsonencode([{
    name  = "web"
    image = "shop:latest"

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group        = "/shop/tasks"
        awslogs-create-group = "true"
      }
    }
  }])
}
