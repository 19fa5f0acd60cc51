provider "aws" {}

resource "aws_ecr_repository" "shop" {
  name = "shop"
}

resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([
    {
      name        = "web"
      image       = "${aws_ecr_repository.shop.repository_url}:latest"
      environment = [{ name = "DJANGO_SETTINGS_MODULE", value = "shop.settings" }]
    }
  ])
}
