resource "aws_lb_target_group" "web" {
  name        = "web"
  port        = 8000
  protocol    = "HTTP"
  target_type = "ip"

  health_check {
    path = "/ping"
  }
}

resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([{
    name         = "web"
    image        = "shop:1"
    command      = ["gunicorn", "shop.wsgi:application", "--bind", "0.0.0.0:8000"]
    environment  = [{ name = "DJANGO_SETTINGS_MODULE", value = "shop.settings" }]
    portMappings = [{ containerPort = 8000 }]
  }])
}

resource "aws_ecs_service" "web" {
  name            = "web"
  task_definition = aws_ecs_task_definition.web.arn
  desired_count   = 2

  load_balancer {
    target_group_arn = aws_lb_target_group.web.arn
    container_name   = "web"
    container_port   = 8000
  }
}
