resource "aws_ecs_cluster" "shop" {
  name = "shop"
}

# expect: scaling/no-scaling-policy
resource "aws_ecs_service" "web" {
  name          = "web"
  cluster       = aws_ecs_cluster.shop.id
  desired_count = 2
}

resource "aws_ecs_service" "worker" {
  name    = "worker"
  cluster = aws_ecs_cluster.shop.id
}

# expect: scaling/no-scaling-policy
resource "aws_appautoscaling_target" "worker" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.shop.name}/${aws_ecs_service.worker.name}"
  min_capacity       = 1
  max_capacity       = 4
}

# expect: scaling/no-scaling-policy
resource "aws_autoscaling_group" "web" {
  min_size = 1
  max_size = 4
}

# it is told of the cluster only
module "vpc" {
  source = "terraform-aws-modules/vpc/aws"
  name   = "shop"
}
