resource "aws_instance" "web" { # expect: cost/uncommitted-steady-load
  count = 3
}
