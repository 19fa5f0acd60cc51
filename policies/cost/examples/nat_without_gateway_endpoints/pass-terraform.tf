resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "public" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.0.0/24"
}

variable "region" {}

resource "aws_nat_gateway" "main" {
  subnet_id = aws_subnet.public.id
}

resource "aws_vpc_endpoint" "gateways" {
  for_each     = toset(["s3", "dynamodb"])
  vpc_id       = aws_vpc.main.id
  service_name = "com.amazonaws.${var.region}.${each.value}"
}

resource "aws_dynamodb_table" "sessions" {
  name = "sessions"
}
