# undecided: cost/previous-generation
resource "aws_instance" "test" {
  instance_type = "t2.micro"
}

# undecided: cost/previous-generation
resource "aws_ebs_volume" "test" {
  type = "gp2"
}
