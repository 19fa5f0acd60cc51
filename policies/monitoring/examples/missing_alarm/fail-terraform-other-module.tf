# expect: monitoring/missing-alarm
resource "aws_sqs_queue" "orders" {
  name = "orders"
}

# Makes a network, and no alarms on queues.
module "network" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.8.1"
  cidr    = "10.0.0.0/16"
}
