terraform {
  backend "s3" { # expect: delivery/unsafe-terraform-state
    bucket  = "acme-terraform"
    key     = "shop.tfstate"
    region  = "eu-west-1"
    encrypt = true
  }
}

provider "aws" {
  region = "eu-west-1"
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}
