resource "aws_ecs_service" "worker" { # expect: cost/interruptible-on-demand
  name        = "celery-worker"
  launch_type = "FARGATE"
}

resource "aws_batch_compute_environment" "exports" { # expect: cost/interruptible-on-demand
  type = "MANAGED"

  compute_resources {
    type      = "FARGATE"
    max_vcpus = 16
  }
}

resource "aws_launch_template" "runner" {
  image_id = "ami-0123456789abcdef0"
}

resource "aws_autoscaling_group" "runners" { # expect: cost/interruptible-on-demand
  max_size = 4

  launch_template {
    id = aws_launch_template.runner.id
  }
}
