resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([{ name = "web", image = "shop:1", command = ["gunicorn", "shop.wsgi"] }])
}

resource "aws_ecs_task_definition" "worker" {
  family = "worker"
  container_definitions = jsonencode([{ name = "worker", image = "shop:1", command = ["celery", "-A", "shop", "worker"] }])
}
