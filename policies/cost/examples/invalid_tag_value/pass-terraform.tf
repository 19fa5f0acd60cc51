variable "environment" {}

resource "aws_sqs_queue" "jobs" {
  tags = {
    Project     = "todo-list"
    Environment = var.environment
    Owner       = "team-${var.environment}"
    Name        = ""
    Notes       = "TODO"
  }
}
