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

# Only for what takes no tags.
provider "aws" {
  alias  = "dns"
  region = "us-east-1"
}

resource "aws_route53_record" "web" {
  provider = aws.dns
  name     = "shop.example.com"
}

resource "aws_sqs_queue" "jobs" {}
resource "aws_sqs_queue" "mail" {}
resource "aws_sqs_queue" "search" {}
