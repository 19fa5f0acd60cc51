resource "aws_ecs_task_definition" "database" {
  family = "database"
  # expect: data/self-managed-database
  container_definitions = jsonencode([
    {
      name  = "postgres"
      image = "postgis/postgis:16-3.4"
    }
  ])
}

resource "aws_ecs_task_definition" "cache" {
  family = "cache"
  # expect: data/self-managed-database
  container_definitions = jsonencode([
    {
      name  = "redis"
      image = "public.ecr.aws/docker/library/redis:7"
    }
  ])
}

resource "aws_instance" "everything" {
  instance_type = "t3.large"
  # expect: data/self-managed-database
  user_data = <<-SCRIPT
    #!/bin/bash
    apt-get update
    apt-get install -y nginx postgresql python3-venv
  SCRIPT
}
