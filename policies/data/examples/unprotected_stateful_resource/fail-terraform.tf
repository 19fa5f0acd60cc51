# expect: data/unprotected-stateful-resource
resource "aws_dynamodb_table" "orders" {
  name = "orders"
}

# expect: data/unprotected-stateful-resource
resource "aws_efs_file_system" "media" {
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_s3_bucket" "media" {
  bucket        = "shop-media"
  force_destroy = true # expect: data/unprotected-stateful-resource
}

# expect: data/unprotected-stateful-resource
resource "aws_db_instance" "shop" {
  deletion_protection = false
}
