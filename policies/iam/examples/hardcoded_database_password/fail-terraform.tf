provider "aws" {}

variable "reporting_password" {
  default = "reporting-2019"
}

resource "aws_db_instance" "shop" {
  identifier = "shop"
  username   = "shop"
  password   = "correct-horse-battery" # expect: iam/hardcoded-database-password
}

resource "aws_rds_cluster" "reporting" {
  cluster_identifier = "reporting"
  master_password    = var.reporting_password # expect: iam/hardcoded-database-password
}

resource "aws_elasticache_replication_group" "cache" {
  replication_group_id = "cache"
  description          = "cache"
  auth_token           = "a-token-of-sixteen-or-more" # expect: iam/hardcoded-database-password
}
