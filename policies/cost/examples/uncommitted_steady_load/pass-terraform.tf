resource "aws_db_instance" "shop" {
  identifier = "shop"
}

resource "aws_instance" "test" {
  count = 5
  tags  = { Environment = "test" }
}

resource "aws_autoscaling_group" "nodes" {
  min_size = 0
  max_size = 10
}
