resource "aws_sqs_queue" "jobs" {
  tags = { "Cost Centre" = "4711", "platform:environment" = "production", Name = "jobs", note = "x" }
}

# Env and Environment are two keys, and those of single resources are nobody's bill.
resource "aws_sqs_queue" "mail" {
  tags = { "Cost Centre" = "4711", Env = "production", name = "mail", Note = "y" }
}
