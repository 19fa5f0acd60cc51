variable "name" {
  type = string
}

resource "aws_sqs_queue" "orders" {
  name = var.name
}
