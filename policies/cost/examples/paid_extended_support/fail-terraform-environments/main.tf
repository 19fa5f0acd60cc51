variable "postgres" {
  default = "17"
}

resource "aws_db_instance" "shop" {
  engine         = "postgres"
  engine_version = var.postgres # expect: cost/paid-extended-support
}
