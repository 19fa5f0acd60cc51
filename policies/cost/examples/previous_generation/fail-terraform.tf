variable "size" {
  default = "db.t2.small"
}

resource "aws_instance" "test" {
  instance_type = "t2.large" # expect: cost/previous-generation

  root_block_device {
    volume_type = "gp2" # expect: cost/previous-generation
  }
}

resource "aws_db_instance" "shop" {
  instance_class = var.size # expect: cost/previous-generation
  storage_type   = "gp3"
}

resource "aws_elasticache_cluster" "cache" {
  node_type = "cache.m3.medium" # expect: cost/previous-generation
}

resource "aws_opensearch_domain" "search" {
  cluster_config {
    instance_type = "m4.large.search" # expect: cost/previous-generation
  }
}

resource "aws_autoscaling_group" "nodes" {
  mixed_instances_policy {
    launch_template {
      override {
        instance_type = "m7g.large"
      }
      override {
        instance_type = "m4.large" # expect: cost/previous-generation
      }
    }
  }
}

resource "aws_eks_node_group" "nodes" {
  instance_types = ["m7g.large", "c4.large"] # expect: cost/previous-generation
}
