variable "size" {} # undecided: cost/previous-generation

resource "aws_instance" "web" {
  instance_type = "t4g.small"

  root_block_device {
    volume_type = "gp3"
  }

  ebs_block_device {
    device_name = "/dev/sdf"
    volume_type = "io1"
  }
}

resource "aws_instance" "gpu" {
  instance_type = "g4dn.xlarge"
}

resource "aws_instance" "metal" {
  instance_type = "m5.metal"
}

resource "aws_db_instance" "shop" {
  instance_class = "db.m5.large"
}

resource "aws_instance" "test" {
  instance_type = var.size
}
