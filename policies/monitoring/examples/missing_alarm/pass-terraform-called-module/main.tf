provider "aws" {
  region = "eu-west-1"
}

resource "aws_sqs_queue" "orders" {
  name_prefix = "orders"
}

module "alarms" {
  source = "./alarms"
  queue  = aws_sqs_queue.orders
}
