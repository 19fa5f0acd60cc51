module "account" { # undecided: cost/missing-budget
  source  = "example/account/aws"
  version = "1.0.0"
}

resource "aws_sqs_queue" "jobs" {
  count = 25
}
