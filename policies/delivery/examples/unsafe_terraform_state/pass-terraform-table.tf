terraform {
  backend "s3" {
    bucket       = "acme-terraform"
    key          = "shop.tfstate"
    region       = "eu-west-1"
    encrypt      = true
    dynamodb_table = "terraform-locks"
  }
}

provider "aws" {
  region = "eu-west-1"
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}
