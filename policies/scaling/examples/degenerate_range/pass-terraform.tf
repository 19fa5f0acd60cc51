variable "environment" {}
variable "most" {}

resource "aws_ecs_service" "web" {
  name          = "web"
  desired_count = var.environment == "production" ? 2 : 1

  load_balancer {
    target_group_arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/1"
    container_name   = "web"
    container_port   = 8000
  }
}

# no visitors
resource "aws_ecs_service" "worker" {
  name          = "worker"
  desired_count = 1
}

resource "aws_appautoscaling_target" "worker" {
  service_namespace = "ecs"
  resource_id       = "service/shop/${aws_ecs_service.worker.name}"
  min_capacity      = 1
  max_capacity      = var.most
}

resource "aws_ecs_service" "beat" {
  name = "beat"
}

resource "aws_appautoscaling_target" "beat" {
  service_namespace = "ecs"
  resource_id       = "service/shop/${aws_ecs_service.beat.name}"
  min_capacity      = 1
  max_capacity      = 1
}

# a fixed size, and nothing that would scale it
resource "aws_autoscaling_group" "nat" {
  min_size = 1
  max_size = 1
}
