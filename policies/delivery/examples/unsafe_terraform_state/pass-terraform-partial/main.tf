terraform {
  backend "s3" {} # undecided: delivery/unsafe-terraform-state
}

provider "aws" {
  region = "eu-west-1"
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}
