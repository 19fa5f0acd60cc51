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

variable "propagate" {} # undecided: cost/unpropagated-tags

resource "aws_ecs_service" "web" {
  launch_type    = "FARGATE"
  propagate_tags = "SERVICE"
}

resource "aws_ecs_service" "worker" {
  launch_type             = "FARGATE"
  enable_ecs_managed_tags = true
}

# Its tasks run on instances, and those are billed.
resource "aws_ecs_service" "search" {
  launch_type = "EC2"
}

resource "aws_ecs_service" "mail" {
  launch_type    = "FARGATE"
  propagate_tags = var.propagate
}

resource "aws_db_instance" "shop" {
  copy_tags_to_snapshot = true
}

# Its snapshots are the cluster's.
resource "aws_rds_cluster_instance" "one" {
  cluster_identifier = "reports"
}

resource "aws_db_instance" "scratch" {
  backup_retention_period = 0
  skip_final_snapshot     = true
}

resource "aws_launch_template" "node" {
  dynamic "tag_specifications" {
    for_each = toset(["instance", "volume"])
    content {
      resource_type = tag_specifications.value
      tags          = { Project = "shop" }
    }
  }
}

resource "aws_batch_job_definition" "export" {
  platform_capabilities = ["EC2"]
}
