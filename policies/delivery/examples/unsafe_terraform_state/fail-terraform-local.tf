terraform {
  backend "local" { # expect: delivery/unsafe-terraform-state
    path = "shop.tfstate"
  }
}

provider "aws" {
  region = "eu-west-1"
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}
