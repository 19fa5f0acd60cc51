resource "aws_kms_key" "shop" {
  description         = "Everything the shop keeps."
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.key.json
}

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_356:in a key's own policy "*" is the key itself
  #checkov:skip=CKV_AWS_109:the account administers its key through IAM, as AWS documents it
  #checkov:skip=CKV_AWS_111:the account administers its key through IAM, as AWS documents it
  statement {
    sid       = "AccountAdministersTheKey"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${local.account}:root"]
    }
  }

  statement {
    sid       = "LogsAndAlarmsUseTheKey"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com", "cloudwatch.amazonaws.com"]
    }
  }
}

resource "aws_kms_key" "exports" {
  description = "The accountants' order exports."
  policy      = data.aws_iam_policy_document.key.json
}

resource "aws_secretsmanager_secret" "payments" {
  name       = "${local.name}/payments"
  kms_key_id = aws_kms_key.shop.arn
}

resource "aws_secretsmanager_secret" "email" {
  name       = "${local.name}/email"
  kms_key_id = aws_kms_key.shop.arn
}
