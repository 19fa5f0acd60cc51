resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([ # expect: monitoring/unshipped-container-logs
    {
      name  = "web"
      image = "shop:1.2.3"
    },
    {
      name  = "nginx"
      image = "nginx:1.27"
      logConfiguration = {
        logDriver = "awslogs"
      }
    },
  ])
}
