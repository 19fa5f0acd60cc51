resource "aws_ecs_task_definition" "beat" {
  family = "beat"
  container_definitions = jsonencode([{
    name    = "beat"
    image   = "shop:1"
    command = ["celery", "-A", "shop", "beat"]
  }])
}

resource "aws_ecs_service" "beat" {
  name            = "scheduler"
  task_definition = aws_ecs_task_definition.beat.arn
  desired_count   = var.copies
}

# undecided: scaling/replicated-singleton
variable "copies" {}
