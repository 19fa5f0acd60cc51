resource "aws_ecs_task_definition" "web" {
  family = "web"

  container_definitions = jsonencode([{
    name        = "web"
    image       = "shop:latest"
    command     = ["opentelemetry-instrument", "gunicorn", "shop.wsgi"]
    environment = [{ name = "OTEL_EXPORTER_OTLP_ENDPOINT", value = "https://collector.example.com" }]
  }])
}

# Not instrumented.
resource "aws_ecs_task_definition" "proxy" {
  family = "proxy"

  container_definitions = jsonencode([{
    name  = "proxy"
    image = "nginx:1.29"
  }])
}
