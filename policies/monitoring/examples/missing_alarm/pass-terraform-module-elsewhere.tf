# undecided: monitoring/missing-alarm
resource "aws_sqs_queue" "orders" {
  name = "orders"
}

module "alarms" {
  source = "git::https://example.com/company/terraform-modules.git//sqs-alarms?ref=v3"
  queues = ["orders"]
}
