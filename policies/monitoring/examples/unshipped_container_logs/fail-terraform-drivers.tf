resource "aws_ecs_task_definition" "web" {
  family = "web"

  # expect: monitoring/unshipped-container-logs
  container_definitions = jsonencode([{
    name             = "web"
    image            = "shop:latest"
    logConfiguration = { logDriver = "none" }
  }])
}

# expect: monitoring/unshipped-container-logs
resource "aws_elastic_beanstalk_environment" "web" {
  name        = "web"
  application = "shop"
}

resource "aws_elastic_beanstalk_environment" "streaming" {
  name        = "streaming"
  application = "shop"

  setting {
    namespace = "aws:elasticbeanstalk:cloudwatch:logs"
    name      = "StreamLogs"
    value     = "true"
  }
}
