provider "aws" {}

variable "password" {
  sensitive = true
}

resource "random_password" "shop" {
  length = 24
}

resource "aws_db_instance" "managed" {
  identifier                  = "managed"
  manage_master_user_password = true
}

resource "aws_db_instance" "generated" {
  identifier = "generated"
  password   = random_password.shop.result
}

resource "aws_db_instance" "given" {
  identifier = "given"
  password   = var.password
}

resource "aws_db_instance" "replica" {
  identifier          = "replica"
  replicate_source_db = aws_db_instance.generated.identifier
}

resource "aws_db_instance" "placeholder" {
  identifier = "placeholder"
  password   = "change-me-by-hand"

  lifecycle {
    ignore_changes = [password]
  }
}
