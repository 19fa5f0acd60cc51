resource "aws_ecs_service" "web" {
  name          = "web"
  desired_count = 2 # expect: scaling/desired-count-drift

  lifecycle {
    ignore_changes = [task_definition]
  }
}

resource "aws_appautoscaling_target" "web" {
  service_namespace = "ecs"
  resource_id       = "service/shop/${aws_ecs_service.web.name}"
  min_capacity      = 2
  max_capacity      = 8
}

resource "aws_autoscaling_group" "hosts" {
  min_size         = 1
  max_size         = 8
  desired_capacity = 4 # expect: scaling/desired-count-drift
}

resource "aws_autoscaling_policy" "hosts" {
  autoscaling_group_name = aws_autoscaling_group.hosts.name
}
