variable "environment" {}

resource "aws_ecs_cluster" "shop" {
  name = "shop-${var.environment}"
}

resource "aws_ecs_service" "web" {
  name    = "web"
  cluster = aws_ecs_cluster.shop.id
}

resource "aws_appautoscaling_target" "web" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.shop.name}/${aws_ecs_service.web.name}"
  min_capacity       = 1
  max_capacity       = 4
}

resource "aws_appautoscaling_policy" "web" {
  service_namespace  = aws_appautoscaling_target.web.service_namespace
  scalable_dimension = aws_appautoscaling_target.web.scalable_dimension
  resource_id        = aws_appautoscaling_target.web.resource_id
}

# by name
resource "aws_ecs_service" "worker" {
  name    = "worker"
  cluster = aws_ecs_cluster.shop.id
}

resource "aws_appautoscaling_target" "worker" {
  service_namespace = "ecs"
  resource_id       = "service/shop/worker"
  min_capacity      = 1
  max_capacity      = 4
}

resource "aws_appautoscaling_scheduled_action" "worker" {
  service_namespace = "ecs"
  resource_id       = "service/shop/worker"
  schedule          = "cron(0 8 ? * MON-FRI *)"
}

resource "aws_ecs_service" "celery_beat" {
  name          = "celery-beat"
  desired_count = 1
}

resource "aws_ecs_service" "singleton" {
  name                               = "importer"
  desired_count                      = 1
  deployment_maximum_percent         = 100
  deployment_minimum_healthy_percent = 0
}

resource "aws_ecs_service" "agent" {
  name                = "agent"
  scheduling_strategy = "DAEMON"
}

resource "aws_ecs_service" "staging" {
  name = "web-staging"
}

resource "aws_autoscaling_group" "hosts" {
  min_size = 1
  max_size = 4
}

resource "aws_ecs_capacity_provider" "hosts" {
  name = "hosts"
  auto_scaling_group_provider {
    auto_scaling_group_arn = aws_autoscaling_group.hosts.arn
  }
}

# replaced when it fails, and never more than one
resource "aws_autoscaling_group" "nat" {
  min_size = 1
  max_size = 1
}

resource "aws_autoscaling_group" "web" {
  name     = "web"
  min_size = 1
  max_size = 4
}

resource "aws_autoscaling_policy" "web" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.web.name
}
