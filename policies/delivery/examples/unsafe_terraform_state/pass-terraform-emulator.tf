provider "aws" {
  region = "eu-west-1"

  endpoints {
    sqs = "http://localhost:4566"
  }
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}
