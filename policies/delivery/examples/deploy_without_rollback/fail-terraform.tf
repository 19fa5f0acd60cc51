resource "aws_ecs_service" "web" { # expect: delivery/deploy-without-rollback
  name            = "web"
  task_definition = "web"

  load_balancer {
    target_group_arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/1"
    container_name   = "web"
    container_port   = 8000
  }
}

resource "aws_ecs_service" "worker" {
  name            = "worker"
  task_definition = "worker"

  deployment_circuit_breaker {
    enable   = true # expect: delivery/deploy-without-rollback
    rollback = false
  }
}

resource "aws_codedeploy_deployment_group" "api" { # expect: delivery/deploy-without-rollback
  app_name              = "api"
  deployment_group_name = "api"
  service_role_arn      = "arn:aws:iam::123456789012:role/deploy"
}
