resource "aws_ecs_service" "web" {
  name          = "web"
  desired_count = 1 # expect: scaling/degenerate-range

  load_balancer {
    target_group_arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/1"
    container_name   = "web"
    container_port   = 8000
  }
}

resource "aws_ecs_service" "worker" {
  name = "worker"
}

resource "aws_appautoscaling_target" "worker" {
  service_namespace = "ecs"
  resource_id       = "service/shop/${aws_ecs_service.worker.name}"
  min_capacity      = 2
  max_capacity      = 2 # expect: scaling/degenerate-range
}

resource "aws_autoscaling_group" "web" {
  min_size = 3
  max_size = 3 # expect: scaling/degenerate-range
}

resource "aws_autoscaling_policy" "web" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.web.name
}
