provider "aws" { # expect: delivery/unsafe-terraform-state
  region = "eu-west-1"
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}
