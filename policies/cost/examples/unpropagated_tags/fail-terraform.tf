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

resource "aws_ecs_service" "web" { # expect: cost/unpropagated-tags
  name        = "web"
  launch_type = "FARGATE"
}

resource "aws_ecs_service" "worker" {
  name           = "worker"
  propagate_tags = "NONE" # expect: cost/unpropagated-tags

  capacity_provider_strategy {
    capacity_provider = "FARGATE_SPOT"
  }
}

resource "aws_db_instance" "shop" { # expect: cost/unpropagated-tags
  identifier = "shop"
}

resource "aws_rds_cluster" "reports" {
  engine                = "aurora-postgresql"
  copy_tags_to_snapshot = false # expect: cost/unpropagated-tags
}

resource "aws_launch_template" "node" {
  image_id = "ami-0123456789abcdef0"

  tag_specifications { # expect: cost/unpropagated-tags
    resource_type = "instance"
    tags          = { Project = "shop" }
  }
}

resource "aws_autoscaling_group" "nodes" {
  tag {
    key                 = "Project"
    value               = "shop"
    propagate_at_launch = false # expect: cost/unpropagated-tags
  }

  tag {
    key                 = "Name"
    value               = "node"
    propagate_at_launch = false
  }
}

resource "aws_batch_job_definition" "export" { # expect: cost/unpropagated-tags
  name                  = "export"
  type                  = "container"
  platform_capabilities = ["FARGATE"]
}
