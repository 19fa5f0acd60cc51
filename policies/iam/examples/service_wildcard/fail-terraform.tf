provider "aws" {}

resource "aws_iam_role" "web" {
  name               = "web"
  assume_role_policy = "{}"
}

resource "aws_iam_role_policy" "web" {
  role = aws_iam_role.web.id
  policy = jsonencode({
    Statement = [
      {
        Effect   = "Allow"
        Action   = "s3:*" # expect: iam/service-wildcard
        Resource = "*"
      },
      { Effect = "Allow", Action = ["sqs:SendMessage", "sqs:*"], Resource = "arn:aws:sqs:eu-west-1:123456789012:jobs" }, # expect: iam/service-wildcard
      { Effect = "Allow", Action = "iam:PassRole", Resource = "*" }, # expect: iam/service-wildcard
    ]
  })
}

data "aws_iam_policy_document" "worker" {
  statement {
    actions   = ["dynamodb:*"] # expect: iam/service-wildcard
    resources = ["*"]
  }
}

resource "aws_iam_policy" "worker" {
  policy = data.aws_iam_policy_document.worker.json
}

resource "aws_iam_policy" "heredoc" {

  policy = <<-EOT
    {
      "Statement": {"Effect": "Allow", "Action": ["kms:*"], "Resource": "*", "Sid": "// expect: iam/service-wildcard"}
    }
  EOT
}

resource "aws_iam_role_policy_attachment" "web" {
  role       = aws_iam_role.web.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess" # expect: iam/service-wildcard
}
