resource "aws_ecs_cluster" "shop" {
  name = local.name

  setting {
    name  = "containerInsights"
    value = "disabled"
  }
}

module "web" {
  source = "./modules/service"

  name               = "${local.name}-web"
  cluster            = aws_ecs_cluster.shop
  image              = var.image
  command            = ["gunicorn", "shop.wsgi:application"]
  port               = 8000
  cpu                = 512
  memory             = 1024
  min_count          = 2
  max_count          = 8
  subnet_ids         = [for subnet in aws_subnet.private : subnet.id]
  security_group_ids = [aws_security_group.tasks.id]
  target_group_arn   = aws_lb_target_group.web.arn
  environment        = local.environment
  secrets            = local.secrets
  task_role_arn      = aws_iam_role.web.arn
  execution_role_arn = aws_iam_role.execution.arn
  kms_key_arn        = aws_kms_key.shop.arn
  region             = var.region
}

module "worker" {
  source = "./modules/service"

  name               = "${local.name}-worker"
  cluster            = aws_ecs_cluster.shop
  image              = var.image
  command            = ["celery", "--app", "shop", "worker", "--concurrency", "4"]
  cpu                = 512
  memory             = 1024
  min_count          = 1
  max_count          = 6
  subnet_ids         = [for subnet in aws_subnet.private : subnet.id]
  security_group_ids = [aws_security_group.tasks.id]
  environment        = local.environment
  secrets            = local.secrets
  task_role_arn      = aws_iam_role.worker.arn
  execution_role_arn = aws_iam_role.execution.arn
  kms_key_arn        = aws_kms_key.shop.arn
  region             = var.region
}

# The nightly export; EventBridge starts one task at a time.
resource "aws_ecs_task_definition" "export" {
  family                   = "${local.name}-export"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  task_role_arn            = aws_iam_role.worker.arn
  execution_role_arn       = aws_iam_role.execution.arn

  container_definitions = jsonencode([
    {
      name                   = "export"
      image                  = var.image
      command                = ["python", "manage.py", "export_orders"]
      essential              = true
      readonlyRootFilesystem = false
      environment            = [for name, value in local.environment : { name = name, value = value }]
      secrets                = [for name, arn in local.secrets : { name = name, valueFrom = arn }]
    }
  ])
}
