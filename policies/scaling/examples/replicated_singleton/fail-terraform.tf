resource "aws_ecs_task_definition" "beat" {
  family = "beat"
  # expect: scaling/replicated-singleton
  container_definitions = jsonencode([{
    name    = "beat"
    image   = "shop:1"
    command = ["celery", "-A", "shop", "beat"]
  }])
}

resource "aws_ecs_service" "beat" {
  name            = "scheduler"
  task_definition = aws_ecs_task_definition.beat.arn
  desired_count   = 2
}
