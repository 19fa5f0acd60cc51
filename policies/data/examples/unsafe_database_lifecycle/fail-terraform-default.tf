variable "stage" {
  default = "dev"
}

# what a variable decides is production's too
resource "aws_db_instance" "named" {
  identifier              = "shop-${var.stage}"
  backup_retention_period = 14
  skip_final_snapshot     = true # expect: data/unsafe-database-lifecycle
}
