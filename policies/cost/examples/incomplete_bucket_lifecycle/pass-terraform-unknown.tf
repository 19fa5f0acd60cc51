variable "bucket" {}
variable "rules" {} # undecided: cost/incomplete-bucket-lifecycle

resource "aws_s3_bucket" "media" {
  bucket = "shop-media"

  versioning {
    enabled = true
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "media" {
  bucket = aws_s3_bucket.media.id

  dynamic "rule" {
    for_each = var.rules
    content {
      id     = rule.key
      status = "Enabled"
    }
  }
}
