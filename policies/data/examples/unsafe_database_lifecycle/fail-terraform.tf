variable "environment" {}

resource "aws_db_instance" "shop" {
  engine                  = "postgres"
  backup_retention_period = 0    # expect: data/unsafe-database-lifecycle
  skip_final_snapshot     = true # expect: data/unsafe-database-lifecycle
}

# expect: data/unsafe-database-lifecycle
resource "aws_db_instance" "orders" {
  engine = "mysql"
}

# expect: data/unsafe-database-lifecycle
resource "aws_rds_cluster" "stock" {
  engine              = "aurora-postgresql"
  deletion_protection = true
}

resource "aws_db_instance" "reports" {
  engine                  = "postgres"
  backup_retention_period = var.environment == "prod" ? 3 : 0 # expect: data/unsafe-database-lifecycle
  deletion_protection     = false
}
