variable "environment" {}

locals {
  tags = { Project = "shop", Environment = var.environment, Owner = "web" }
}

provider "aws" {
  region = "eu-central-1"

  default_tags {
    tags = local.tags
  }
}

resource "aws_db_instance" "shop" {
  identifier = "shop"
  tags       = { Name = "shop" }
}

resource "aws_autoscaling_group" "nodes" {
  min_size = 1
  max_size = 3

  dynamic "tag" {
    for_each = local.tags
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }
}

# Neither is on the bill.
resource "aws_iam_role" "web" {
  name               = "web"
  assume_role_policy = "{}"
}

resource "aws_route53_record" "web" {
  name = "shop.example.com"
  type = "A"
}

# Never made.
resource "aws_instance" "bastion" {
  count = 0
}

data "aws_s3_bucket" "shared" {
  bucket = "shared"
}
