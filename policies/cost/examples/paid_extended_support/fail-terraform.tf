resource "aws_db_instance" "reporting" {
  engine         = "postgres"
  engine_version = "12.22" # expect: cost/paid-extended-support
}

resource "aws_rds_cluster" "legacy" {
  engine         = "aurora-mysql"
  engine_version = "5.7.mysql_aurora.2.11.2" # expect: cost/paid-extended-support
}

resource "aws_elasticache_cluster" "cache" {
  engine         = "redis"
  engine_version = "5.0.6" # expect: cost/paid-extended-support
}

resource "aws_elasticsearch_domain" "search" {
  elasticsearch_version = "6.3" # expect: cost/paid-extended-support
}

resource "aws_opensearch_domain" "logs" {
  engine_version = "OpenSearch_1.2" # expect: cost/paid-extended-support
}
