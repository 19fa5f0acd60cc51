resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([
    { name = "web", image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:1" },
    { name = "cache", image = "redis:7" },
    { name = "pooler", image = "edoburu/pgbouncer:1.23" },
    { name = "metrics", image = "prometheuscommunity/postgres-exporter" }
  ])
}

resource "aws_ecs_task_definition" "database_dev" {
  family = "database"
  container_definitions = jsonencode([
    { name = "postgres", image = "postgres:16" }
  ])
}

resource "aws_instance" "bastion" {
  instance_type = "t3.nano"
  user_data     = <<-SCRIPT
    #!/bin/bash
    apt-get install -y postgresql-client mysql-client
    yum install -y postgresql15
  SCRIPT
}
