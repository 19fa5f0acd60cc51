variable "stage" {
  default = "dev" # undecided: data/unsafe-database-lifecycle
}

# production sets the stage, and these with it
resource "aws_db_instance" "shop" {
  identifier              = "shop-${var.stage}"
  backup_retention_period = var.stage == "prod" ? 7 : 0
  skip_final_snapshot     = var.stage == "prod" ? false : true
}
