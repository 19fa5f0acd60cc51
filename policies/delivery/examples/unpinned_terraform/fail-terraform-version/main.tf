provider "aws" { # expect: delivery/unpinned-terraform
  region = "eu-west-1"
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}
