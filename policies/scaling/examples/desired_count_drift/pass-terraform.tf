resource "aws_ecs_service" "web" {
  name          = "web"
  desired_count = 2

  lifecycle {
    ignore_changes = [task_definition, desired_count]
  }
}

resource "aws_appautoscaling_target" "web" {
  service_namespace = "ecs"
  resource_id       = "service/shop/${aws_ecs_service.web.name}"
  min_capacity      = 2
  max_capacity      = 8
}

resource "aws_ecs_service" "worker" {
  name          = "worker"
  desired_count = 2

  lifecycle {
    ignore_changes = all
  }
}

resource "aws_appautoscaling_target" "worker" {
  service_namespace = "ecs"
  resource_id       = "service/shop/${aws_ecs_service.worker.name}"
  min_capacity      = 2
  max_capacity      = 8
}

# nothing scales it
resource "aws_ecs_service" "mails" {
  name          = "mails"
  desired_count = 1
}

# it has no size of its own
resource "aws_autoscaling_group" "hosts" {
  min_size = 1
  max_size = 8
}

resource "aws_autoscaling_policy" "hosts" {
  autoscaling_group_name = aws_autoscaling_group.hosts.name
}

# undecided: scaling/desired-count-drift
variable "capacity" {}

resource "aws_autoscaling_group" "spare" {
  min_size         = 1
  max_size         = 8
  desired_capacity = var.capacity
}

resource "aws_autoscaling_policy" "spare" {
  autoscaling_group_name = aws_autoscaling_group.spare.name
}
