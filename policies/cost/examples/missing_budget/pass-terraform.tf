resource "aws_budgets_budget" "shop" {
  name = "shop"

  notification {
    threshold                  = 80
    notification_type          = "FORECASTED"
    subscriber_email_addresses = ["operations@example.com"]
  }
}

resource "aws_sqs_queue" "jobs" {
  count = 25
}
