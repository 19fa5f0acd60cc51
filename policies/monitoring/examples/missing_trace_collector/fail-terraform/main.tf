resource "aws_ecs_task_definition" "web" {
  family = "web"

  # expect: monitoring/missing-trace-collector
  container_definitions = jsonencode([{
    name        = "web"
    image       = "shop:latest"
    command     = ["opentelemetry-instrument", "gunicorn", "shop.wsgi"]
    environment = [{ name = "OTEL_SERVICE_NAME", value = "shop" }]
  }])
}
