locals {
  tags = { Project = "shop", Owner = "web" }
}

resource "aws_autoscaling_group" "nodes" {
  dynamic "tag" {
    for_each = local.tags
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = tag.key != "Owner" # expect: cost/unpropagated-tags
    }
  }
}
