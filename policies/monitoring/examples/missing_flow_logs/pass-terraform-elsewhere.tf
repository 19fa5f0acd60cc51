# undecided: monitoring/missing-flow-logs
resource "aws_vpc" "watched" {
  cidr_block = "10.1.0.0/16"
}

module "flow_logs" {
  source = "git::https://example.com/company/flow-logs.git"
  vpc_id = aws_vpc.watched.id
}
