resource "aws_ecs_task_definition" "web" {
  family = "web"

  container_definitions = jsonencode([
    {
      name    = "web"
      image   = "shop:latest"
      command = ["opentelemetry-instrument", "gunicorn", "shop.wsgi"]
    },
    {
      name      = "collector"
      image     = "public.ecr.aws/aws-observability/aws-otel-collector:latest"
      essential = false
    },
  ])
}
