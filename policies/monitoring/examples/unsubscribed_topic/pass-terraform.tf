resource "aws_sns_topic" "operations" {
  name = "operations"
}

resource "aws_sns_topic_subscription" "operations" {
  for_each  = toset(["one@example.com", "two@example.com"])
  topic_arn = aws_sns_topic.operations.arn
  protocol  = "email"
  endpoint  = each.key
}

resource "aws_sns_topic" "chat" {
  name = "chat"
}

resource "aws_chatbot_slack_channel_configuration" "operations" {
  configuration_name = "operations"
  iam_role_arn       = "arn:aws:iam::111122223333:role/chat"
  slack_channel_id   = "C07EZ1ABC23"
  slack_team_id      = "T07EA123LEP"
  sns_topic_arns     = [aws_sns_topic.chat.arn]
}

# Nothing is sent to it by alarms.
resource "aws_sns_topic" "uploads" {
  name = "uploads"
}

resource "aws_cloudwatch_metric_alarm" "cpu" {
  alarm_name          = "database-cpu"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 3
  alarm_actions       = [aws_sns_topic.operations.arn, aws_sns_topic.chat.arn]
}
