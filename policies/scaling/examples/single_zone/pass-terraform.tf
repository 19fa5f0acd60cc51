variable "environment" {}
variable "subnets" {}
variable "zone" {}
# undecided: scaling/single-zone
variable "standby" {}

resource "aws_db_instance" "shop" {
  engine   = "postgres"
  multi_az = var.environment == "production"
}

resource "aws_db_instance" "orders" {
  engine   = "postgres"
  multi_az = var.standby
}

resource "aws_db_instance" "replica" {
  replicate_source_db = aws_db_instance.shop.identifier
}

resource "aws_db_instance" "staging" {
  engine = "postgres"
}

resource "aws_elasticache_replication_group" "sessions" {
  replication_group_id       = "sessions"
  automatic_failover_enabled = true
  num_cache_clusters         = 2
}

resource "aws_elasticache_replication_group" "broker" {
  replication_group_id    = "broker"
  num_node_groups         = 1
  replicas_per_node_group = 1
}

resource "aws_subnet" "private" {
  count = 2
}

resource "aws_subnet" "a" {
  availability_zone = "eu-west-1a"
}

resource "aws_subnet" "b" {
  availability_zone = var.zone
}

resource "aws_ecs_service" "web" {
  network_configuration {
    subnets = [aws_subnet.a.id, aws_subnet.b.id]
  }
}

resource "aws_ecs_service" "splat" {
  network_configuration {
    subnets = aws_subnet.private[*].id
  }
}

resource "aws_ecs_service" "worker" {
  network_configuration {
    subnets = var.subnets
  }
}

resource "aws_ecs_service" "mails" {
  network_configuration {
    subnets = [var.subnets]
  }
}
