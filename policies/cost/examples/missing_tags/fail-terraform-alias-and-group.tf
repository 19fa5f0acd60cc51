provider "aws" {
  region = "eu-central-1"

  default_tags {
    tags = {
      Project     = "shop"
      Environment = "production"
      Owner       = "web"
    }
  }
}

provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"
}

resource "aws_db_instance" "shop" {
  identifier = "shop"
}

resource "aws_s3_bucket" "edge_logs" { # expect: cost/missing-tags
  provider = aws.us_east_1
  bucket   = "shop-edge-logs"
}

# default_tags never reach a group: it has the tags of its own blocks.
resource "aws_autoscaling_group" "nodes" {
  min_size = 1
  max_size = 3

  # expect: cost/missing-tags
  dynamic "tag" {
    for_each = { Name = "node", Project = "shop" }
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }
}
