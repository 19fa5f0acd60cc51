resource "aws_db_instance" "shop" { # expect: cost/uncommitted-steady-load
  identifier = "shop"
}

resource "aws_elasticache_replication_group" "cache" {
  num_cache_clusters = 2
}
