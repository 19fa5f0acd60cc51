data "aws_subnet" "public" {
  id = "subnet-0123456789abcdef0"
}

resource "aws_nat_gateway" "main" { # undecided: cost/nat-without-gateway-endpoints
  subnet_id = data.aws_subnet.public.id
}
