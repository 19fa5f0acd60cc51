provider "aws" {
  region = "eu-central-1"
}

resource "aws_db_instance" "shop" {
  identifier = "shop"
}

resource "aws_launch_template" "node" {
  image_id = "ami-0123456789abcdef0"
}
