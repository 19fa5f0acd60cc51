resource "aws_s3_bucket" "this" { # expect: cost/missing-tags
  bucket_prefix = "shop-"
}
