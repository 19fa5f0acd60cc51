variable "name" {
  type = string
}

# undecided: monitoring/missing-alarm
resource "aws_sqs_queue" "this" {
  name = var.name
}

output "name" {
  value = aws_sqs_queue.this.name
}
