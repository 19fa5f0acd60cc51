provider "aws" {
  region = "eu-central-1"
}

variable "tags" {
  default = { team = "web", stage = "production" }
}

resource "aws_kinesis_stream" "clicks" {
  tags = merge({ "acme:project" = "shop" }, { for key, value in var.tags : key => value })
}

resource "aws_lb" "shop" {
  tags = { SERVICE = "shop", ENV = "production", "Cost Centre" = "4711" }
}

resource "aws_eip" "nat" {
  tags = { Project = "shop", Environment = "production" }
}

resource "aws_ec2_tag" "nat_owner" {
  resource_id = aws_eip.nat.id
  key         = "Owner"
  value       = "network"
}
