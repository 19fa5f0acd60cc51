provider "aws" {}

resource "aws_iam_role" "task" {
  name               = "task"
  assume_role_policy = "{}"
}

resource "aws_ecs_task_definition" "web" {
  family                = "web"
  task_role_arn         = aws_iam_role.task.arn # expect: iam/shared-task-role
  execution_role_arn    = aws_iam_role.task.arn
  container_definitions = "[]"
}
