resource "aws_db_instance" "shop" {
  identifier = "shop-dev"
}

resource "aws_scheduler_schedule" "evening" {
  schedule_expression = "cron(0 19 ? * MON-FRI *)"

  target {
    arn = "arn:aws:scheduler:::aws-sdk:rds:stopDBInstance"
  }
}
