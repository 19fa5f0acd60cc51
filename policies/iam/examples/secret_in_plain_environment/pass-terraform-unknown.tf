provider "aws" {}

variable "settings" { # undecided: iam/secret-in-plain-environment
  type = map(string)
}

resource "aws_lambda_function" "mailer" {
  function_name = "mailer"
  role          = "arn:aws:iam::123456789012:role/mailer"
  handler       = "app.handler"
  runtime       = "python3.12"

  environment {
    variables = {
      SMTP_PASSWORD = var.settings["smtp"]
    }
  }
}
