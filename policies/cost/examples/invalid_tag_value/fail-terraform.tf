variable "owner" {
  default = ""
}

provider "aws" {
  default_tags {
    tags = {
      Project     = "shop"
      Environment = "production " # expect: cost/invalid-tag-value
      CostCenter  = "TODO"        # expect: cost/invalid-tag-value
      Owner       = var.owner     # expect: cost/invalid-tag-value
    }
  }
}

resource "aws_sqs_queue" "jobs" {}

resource "aws_sqs_queue" "mail" {
  tags = { Application = "<your application>" } # expect: cost/invalid-tag-value
}
