# expect: cost/missing-tags
provider "aws" {
  region = "eu-central-1"
}

resource "aws_sqs_queue" "orders" {
  tags = { Project = "shop", Owner = "web" }
}

resource "aws_sqs_queue" "mail" {
  tags = { Project = "shop", Owner = "web" }
}

resource "aws_sqs_queue" "search" {
  tags = { app = "shop", team = "search" }
}

resource "aws_sns_topic" "alarms" {
  tags = { Application = "shop", "cost-center" = "4711" }
}

resource "aws_db_instance" "shop" {
  tags = { Project = "shop", Owner = "web", Environment = "production" }
}
