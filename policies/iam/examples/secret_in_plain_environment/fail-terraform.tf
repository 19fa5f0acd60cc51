provider "aws" {}

variable "stripe_secret_key" {
  sensitive = true
}

resource "random_password" "db" {
  length = 24
}

locals {
  environment = {
    DJANGO_SETTINGS_MODULE = "shop.settings"
    WEBHOOK_SECRET         = "c2hvcC13ZWJob29r" # expect: iam/secret-in-plain-environment
  }
}

resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([
    {
      name        = "web"
      image       = "shop"
      environment = [for name, value in local.environment : { name = name, value = value }]
    },
    {
      name  = "worker"
      image = "shop"
      environment = [
        { name = "DB_PASSWORD", value = random_password.db.result },    # expect: iam/secret-in-plain-environment
        { name = "STRIPE_SECRET_KEY", value = var.stripe_secret_key },  # expect: iam/secret-in-plain-environment
        { name = "BROKER", value = "amqp://shop:r4bbit-r4bbit@mq:5672" }, # expect: iam/secret-in-plain-environment
      ]
    },
  ])
}

resource "aws_lambda_function" "mailer" {
  function_name = "mailer"
  role          = "arn:aws:iam::123456789012:role/mailer"
  handler       = "app.handler"
  runtime       = "python3.12"

  environment {
    variables = {
      SMTP_PASSWORD = "Xe9-mail-Xe9" # expect: iam/secret-in-plain-environment
    }
  }
}

resource "aws_codebuild_project" "build" {
  name = "build"

  environment {
    environment_variable {
      name  = "PYPI_TOKEN"
      value = "pypi-AgEIcHlwaS5vcmc" # expect: iam/secret-in-plain-environment
    }
  }
}
