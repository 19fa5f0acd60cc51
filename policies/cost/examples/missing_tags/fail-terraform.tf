provider "aws" {
  region = "eu-central-1"
}

resource "aws_sqs_queue" "jobs" { # expect: cost/missing-tags
  name = "jobs"
}

resource "aws_s3_bucket" "media" {
  bucket = "shop-media"

  tags = { # expect: cost/missing-tags
    Project = "shop"
    Owner   = "web"
  }
}
