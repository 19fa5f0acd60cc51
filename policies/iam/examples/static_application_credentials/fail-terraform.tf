provider "aws" {}

resource "aws_secretsmanager_secret" "key" {
  name = "key"
}

resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([
    {
      name  = "web"
      image = "shop"
      secrets = [
        # expect: iam/static-application-credentials
        { name = "AWS_ACCESS_KEY_ID", valueFrom = "${aws_secretsmanager_secret.key.arn}:id::" },
        { name = "AWS_SECRET_ACCESS_KEY", valueFrom = "${aws_secretsmanager_secret.key.arn}:key::" },
      ]
    }
  ])
}
