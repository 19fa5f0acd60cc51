variable "version_of_postgres" {} # undecided: cost/paid-extended-support

resource "aws_db_instance" "shop" {
  engine         = "postgres"
  engine_version = "17"
}

# AWS upgrades it instead of charging.
resource "aws_db_instance" "old" {
  engine                   = "postgres"
  engine_version           = "12"
  engine_lifecycle_support = "open-source-rds-extended-support-disabled"
}

resource "aws_db_instance" "unknown" {
  engine         = "postgres"
  engine_version = var.version_of_postgres
}

resource "aws_db_instance" "newest" {
  engine = "postgres"
}

resource "aws_rds_cluster" "shop" {
  engine         = "aurora-mysql"
  engine_version = "8.0.mysql_aurora.3.08.0"
}

resource "aws_db_instance" "oracle" {
  engine         = "oracle-se2"
  engine_version = "12"
}

resource "aws_opensearch_domain" "search" {
  engine_version = "OpenSearch_2.19"
}

resource "aws_elasticache_cluster" "memcached" {
  engine         = "memcached"
  engine_version = "1.4.5"
}
