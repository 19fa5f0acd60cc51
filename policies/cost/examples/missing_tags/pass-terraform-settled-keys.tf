provider "aws" {
  region = "eu-central-1"

  default_tags {
    # undecided: cost/missing-tags
    tags = { app = "shop", env = "production" }
  }
}

resource "aws_db_instance" "shop" {
  identifier = "shop"
}
