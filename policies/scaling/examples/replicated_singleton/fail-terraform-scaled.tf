resource "aws_ecs_task_definition" "beat" {
  family = "beat"
  # expect: scaling/replicated-singleton
  container_definitions = jsonencode([{
    name    = "beat"
    image   = "shop:1"
    command = ["celery", "-A", "shop", "worker", "-B"]
  }])
}

resource "aws_ecs_service" "beat" {
  name            = "scheduler"
  task_definition = aws_ecs_task_definition.beat.arn
  desired_count   = 1
}

resource "aws_appautoscaling_target" "beat" {
  service_namespace = "ecs"
  resource_id       = "service/shop/${aws_ecs_service.beat.name}"
  min_capacity      = 1
  max_capacity      = 5
}
