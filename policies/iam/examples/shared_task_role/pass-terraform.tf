provider "aws" {}

variable "role" {}

resource "aws_iam_role" "task" {
  name               = "task"
  assume_role_policy = "{}"
}

resource "aws_iam_role" "execution" {
  name               = "execution"
  assume_role_policy = "{}"
}

resource "aws_ecs_task_definition" "web" {
  family                = "web"
  task_role_arn         = aws_iam_role.task.arn
  execution_role_arn    = aws_iam_role.execution.arn
  container_definitions = "[]"
}

resource "aws_ecs_task_definition" "export" {
  family                = "export"
  execution_role_arn    = aws_iam_role.execution.arn
  container_definitions = "[]"
}

resource "aws_ecs_task_definition" "given" {
  family                = "given"
  task_role_arn         = var.role
  execution_role_arn    = var.role
  container_definitions = "[]"
}
