provider "aws" {
  region = "eu-central-1"

  default_tags {
    tags = {
      Project     = "shop"
      Environment = "production"
      Owner       = "web"
    }
  }
}

provider "aws" { # expect: cost/missing-default-tags
  alias  = "us_east_1"
  region = "us-east-1"
}

resource "aws_acm_certificate" "edge" {
  provider    = aws.us_east_1
  domain_name = "shop.example.com"
}

resource "aws_sqs_queue" "jobs" {}

resource "aws_db_instance" "shop" {
  identifier = "shop"
}
