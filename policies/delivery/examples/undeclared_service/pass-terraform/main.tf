resource "aws_ecs_service" "web" {
  name            = "web"
  task_definition = "web"
}

resource "aws_db_instance" "shop" {
  identifier     = "shop"
  engine         = "postgres"
  instance_class = "db.t4g.small"
}

data "aws_elasticache_replication_group" "platform" {
  replication_group_id = "platform"
}
