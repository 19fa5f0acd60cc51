provider "aws" {
  region = "eu-central-1"

  default_tags {
    tags = { app = "shop", env = "production" }
  }
}

resource "aws_db_instance" "shop" { # expect: cost/missing-tags
  identifier = "shop"
}
