resource "aws_sqs_queue" "orders" {
  name                       = "shop-orders"
  visibility_timeout_seconds = 1800
  message_retention_seconds  = 345600

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.orders_dead.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue" "orders_dead" {
  name                      = "shop-orders-dead"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

# The payment provider's relay posts its webhooks here.
resource "aws_sqs_queue" "webhooks" {
  name                    = "shop-webhooks"
  sqs_managed_sse_enabled = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.orders_dead.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue_policy" "webhooks" {
  queue_url = aws_sqs_queue.webhooks.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "ProviderSends"
        Effect    = "Allow"
        Principal = "*"
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.webhooks.arn
      }
    ]
  })
}
