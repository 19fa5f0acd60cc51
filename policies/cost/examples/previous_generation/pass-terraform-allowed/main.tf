resource "aws_instance" "free_tier" {
  instance_type = "t2.micro"

  root_block_device {
    volume_type = "gp2"
  }
}
