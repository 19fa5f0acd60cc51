resource "aws_s3_bucket" "media" { # expect: cost/incomplete-bucket-lifecycle
  bucket = "shop-media"
}

resource "aws_s3_bucket_versioning" "media" {
  bucket = aws_s3_bucket.media.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "media" {
  bucket = aws_s3_bucket.media.id

  rule {
    id     = "drafts"
    status = "Enabled"

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  rule {
    id     = "off"
    status = "Disabled"

    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }
}

resource "aws_s3_bucket" "old_style" { # expect: cost/incomplete-bucket-lifecycle
  versioning {
    enabled = true
  }
}
