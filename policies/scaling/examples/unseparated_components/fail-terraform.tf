resource "aws_ecs_task_definition" "shop" {
  family = "shop"
  # expect: scaling/unseparated-components
  container_definitions = jsonencode([{ name = "web", image = "shop:1", command = ["gunicorn", "shop.wsgi"] }, { name = "worker", image = "shop:1", command = ["celery", "-A", "shop", "worker"] }])
}
