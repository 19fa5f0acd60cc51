provider "aws" { # expect: delivery/infrastructure-outside-pipeline
  region = "eu-west-1"
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}
