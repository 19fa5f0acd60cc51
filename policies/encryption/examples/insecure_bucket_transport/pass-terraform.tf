provider "aws" {}

resource "aws_s3_bucket" "media" {
  bucket = "media"
}

data "aws_iam_policy_document" "media" {
  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.media.arn, "${aws_s3_bucket.media.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "media" {
  bucket = aws_s3_bucket.media.id
  policy = data.aws_iam_policy_document.media.json
}

resource "aws_s3_bucket" "given" {
  bucket = "given"
}

variable "policy" { # undecided: encryption/insecure-bucket-transport
  type = string
}

resource "aws_s3_bucket_policy" "given" {
  bucket = aws_s3_bucket.given.id
  policy = var.policy
}
