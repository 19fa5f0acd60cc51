variable "name" {
  type = string
}

# undecided: monitoring/unbounded-log-retention
variable "days" {
  type = number
}

resource "aws_cloudwatch_log_group" "asked" {
  name              = "/shop/asked"
  retention_in_days = var.days
}

resource "aws_cloudwatch_log_group" "web" {
  name              = "/shop/web"
  retention_in_days = 90
}

# CloudFront and the like deliver through it; AWS keeps its logs two days.
resource "aws_cloudwatch_log_group" "delivery" {
  name            = "/shop/delivery"
  log_group_class = "DELIVERY"
}

resource "aws_lambda_function" "thumbnails" {
  function_name = "thumbnails"
  role          = "arn:aws:iam::111122223333:role/thumbnails"
}

resource "aws_cloudwatch_log_group" "thumbnails" {
  name              = "/aws/lambda/${aws_lambda_function.thumbnails.function_name}"
  retention_in_days = 90
}

# The same name, written twice.
resource "aws_lambda_function" "mails" {
  function_name = "${var.name}-mails"
  role          = "arn:aws:iam::111122223333:role/mails"
}

resource "aws_cloudwatch_log_group" "mails" {
  name              = "/aws/lambda/${var.name}-mails"
  retention_in_days = 90
}

# A group of its own choice.
resource "aws_lambda_function" "reports" {
  function_name = "reports"
  role          = "arn:aws:iam::111122223333:role/reports"

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.web.name
  }
}

# Kept elsewhere, and no group is created.
resource "aws_ecs_task_definition" "web" {
  family = "web"

  container_definitions = jsonencode([{
    name  = "web"
    image = "shop:latest"

    logConfiguration = {
      logDriver = "awslogs"
      options   = { awslogs-group = "/shared/tasks" }
    }
  }])
}
