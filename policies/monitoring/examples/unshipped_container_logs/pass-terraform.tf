variable "containers" {} # undecided: monitoring/unshipped-container-logs

resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([
    {
      name             = "web"
      image            = "shop:1.2.3"
      logConfiguration = { logDriver = "awsfirelens" }
    },
    {
      name                  = "router"
      image                 = "fluent-bit:3"
      firelensConfiguration = { type = "fluentbit" }
    },
    {
      name      = "warm-up"
      image     = "shop:1.2.3"
      essential = false
    },
  ])
}

resource "aws_ecs_task_definition" "other" {
  family                = "other"
  container_definitions = var.containers
}
