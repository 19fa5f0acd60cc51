resource "aws_ecs_service" "web" {
  name = "web"
}

# undecided: scaling/no-scaling-policy
module "scaling" {
  source  = "cloudposse/ecs-cloudwatch-autoscaling/aws"
  service = aws_ecs_service.web.name
}
