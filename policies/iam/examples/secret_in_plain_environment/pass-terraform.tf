provider "aws" {}

variable "release_token_name" {}

variable "sentry_dsn" {}

resource "aws_secretsmanager_secret" "db" {
  name = "db"
}

resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([
    {
      name  = "web"
      image = "shop"
      environment = [
        { name = "SENTRY_DSN", value = "https://abcdef@sentry.example.com/1" },
        { name = "SENTRY_DSN_2", value = var.sentry_dsn },
        { name = "TOKEN_URL", value = "https://login.example.com/token" },
        { name = "STRIPE_PUBLISHABLE_KEY", value = "pk_live_shop" },
        { name = "DB_PASSWORD_SECRET_ARN", value = aws_secretsmanager_secret.db.arn },
        { name = "DB_SECRET", value = aws_secretsmanager_secret.db.arn },
        { name = "ACCESS_TOKEN_LIFETIME", value = "3600" },
        { name = "USE_TOKEN", value = "true" },
        { name = "API_TOKEN", value = "" },
        { name = "CACHE_URL", value = "rediss://cache.internal:6379/0" },
      ]
      secrets = [{ name = "DB_PASSWORD", valueFrom = aws_secretsmanager_secret.db.arn }]
    }
  ])
}

resource "aws_codebuild_project" "build" {
  name = "build"

  environment {
    environment_variable {
      name  = "PYPI_TOKEN"
      value = "pypi-token"
      type  = "SECRETS_MANAGER"
    }
  }
}
