provider "aws" {}

resource "aws_ecr_repository" "shop" {
  name = "shop"
}

resource "aws_elasticache_replication_group" "cache" {
  replication_group_id       = "cache"
  description                = "cache"
  transit_encryption_enabled = true
}

# Nobody here talks to it: other rules ask about it by itself.
resource "aws_elasticache_replication_group" "legacy" {
  replication_group_id       = "legacy"
  description                = "legacy"
  transit_encryption_enabled = false
}

resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([
    {
      name        = "web"
      image       = "${aws_ecr_repository.shop.repository_url}:latest"
      environment = [{ name = "REDIS_URL", value = "redis://${aws_elasticache_replication_group.cache.primary_endpoint_address}:6379/0" }]
    }
  ])
}
