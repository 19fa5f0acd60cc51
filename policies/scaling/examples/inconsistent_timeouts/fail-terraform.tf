resource "aws_lb" "web" {
  name = "web"
}

resource "aws_lb_listener" "web" {
  load_balancer_arn = aws_lb.web.arn
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
}

resource "aws_lb_target_group" "web" {
  port     = 8000
  protocol = "HTTP"
}

resource "aws_ecs_task_definition" "web" {
  family = "web"
  # expect: scaling/inconsistent-timeouts
  container_definitions = jsonencode([{
    name    = "web"
    image   = "shop:1"
    command = ["gunicorn", "shop.wsgi", "--timeout", "120"]
  }])
}

resource "aws_ecs_service" "web" {
  name            = "web"
  task_definition = aws_ecs_task_definition.web.arn
  load_balancer {
    target_group_arn = aws_lb_target_group.web.arn
    container_name   = "web"
    container_port   = 8000
  }
}
