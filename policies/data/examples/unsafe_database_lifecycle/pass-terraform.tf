variable "environment" {}
# undecided: data/unsafe-database-lifecycle
variable "days" {}

# deletion protection makes up for the final snapshot
resource "aws_db_instance" "shop" {
  engine                  = "postgres"
  backup_retention_period = 30
  deletion_protection     = true
  skip_final_snapshot     = var.environment != "production"
}

# skipped outside production only
resource "aws_db_instance" "orders" {
  engine                  = "postgres"
  backup_retention_period = 7
  skip_final_snapshot     = var.environment == "production" ? false : true
}

# a read replica has no data of its own
resource "aws_db_instance" "replica" {
  replicate_source_db = aws_db_instance.shop.identifier
  skip_final_snapshot = true
}

resource "aws_db_instance" "staging" {
  engine              = "postgres"
  skip_final_snapshot = true
}

resource "aws_db_instance" "tests" {
  identifier          = "shop-dev"
  skip_final_snapshot = true
}

resource "aws_db_instance" "imports" {
  count = var.environment == "dev" ? 1 : 0

  skip_final_snapshot = true
}

resource "aws_db_instance" "restored" {
  snapshot_identifier = "shop-2026-01-01"
}

resource "aws_rds_cluster" "stock" {
  backup_retention_period = var.days
}
