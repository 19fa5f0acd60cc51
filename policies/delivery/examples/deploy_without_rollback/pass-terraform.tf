variable "breaks" {
  type = bool
}

resource "aws_ecs_service" "web" {
  name            = "web"
  task_definition = "web"

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
}

resource "aws_ecs_service" "shop" {
  name            = "shop"
  task_definition = "shop"

  alarms {
    enable      = true
    rollback    = true
    alarm_names = ["shop-errors"]
  }
}

resource "aws_ecs_service" "api" {
  name            = "api"
  task_definition = "api"

  deployment_controller {
    type = "CODE_DEPLOY"
  }
}

resource "aws_ecs_service" "worker" { # undecided: delivery/deploy-without-rollback
  name            = "worker"
  task_definition = "worker"

  deployment_circuit_breaker {
    enable   = var.breaks
    rollback = true
  }
}

resource "aws_codedeploy_deployment_group" "api" {
  app_name              = "api"
  deployment_group_name = "api"
  service_role_arn      = "arn:aws:iam::123456789012:role/deploy"

  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE"]
  }
}
