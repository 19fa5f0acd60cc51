provider "aws" {}

resource "aws_ecr_repository" "shop" {
  name = "shop"
}

resource "aws_db_instance" "shop" {
  identifier = "shop"
}

resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([
    {
      name        = "web"
      image       = "${aws_ecr_repository.shop.repository_url}:latest"
      environment = [{ name = "DB_HOST", value = aws_db_instance.shop.address }]
    }
  ])
}
