resource "aws_db_instance" "shop" {
  engine   = "postgres"
  multi_az = false # expect: scaling/single-zone
}

# expect: scaling/single-zone
resource "aws_db_instance" "orders" {
  engine = "mysql"
}

resource "aws_elasticache_replication_group" "sessions" {
  replication_group_id = "sessions"
  num_cache_clusters   = 1 # expect: scaling/single-zone
}

resource "aws_subnet" "a" {
  availability_zone = "eu-west-1a"
}

resource "aws_subnet" "also_a" {
  availability_zone = "eu-west-1a"
}

resource "aws_ecs_service" "web" {
  name = "web"

  network_configuration {
    subnets = [aws_subnet.a.id] # expect: scaling/single-zone
  }
}

resource "aws_ecs_service" "worker" {
  name = "worker"

  network_configuration {
    subnets = [aws_subnet.a.id, aws_subnet.also_a.id] # expect: scaling/single-zone
  }
}

resource "aws_autoscaling_group" "web" {
  availability_zones = ["eu-west-1a"] # expect: scaling/single-zone
  min_size           = 1
  max_size           = 4
}
