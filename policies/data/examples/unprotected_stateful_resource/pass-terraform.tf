# undecided: data/unprotected-stateful-resource
variable "protected" {}

resource "aws_dynamodb_table" "orders" {
  name                        = "orders"
  deletion_protection_enabled = true
}

resource "aws_efs_file_system" "media" {
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_cognito_user_pool" "customers" {
  deletion_protection = "ACTIVE"
}

resource "aws_s3_bucket" "media" {
  bucket = "shop-media"
}

resource "aws_s3_bucket" "preview" {
  bucket        = "shop-preview"
  force_destroy = true
}

resource "aws_db_instance" "shop" {
  deletion_protection = var.protected
}

resource "aws_db_instance" "replica" {
  replicate_source_db = aws_db_instance.shop.identifier
}
