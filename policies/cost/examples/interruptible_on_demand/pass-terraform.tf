resource "aws_ecs_service" "worker" {
  name = "celery-worker"

  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    base              = 1
    weight            = 1
  }

  capacity_provider_strategy {
    capacity_provider = "FARGATE_SPOT"
    weight            = 4
  }
}

# The clock must not stop.
resource "aws_ecs_service" "beat" {
  name        = "celery-beat"
  launch_type = "FARGATE"
}

resource "aws_ecs_service" "web" {
  name        = "web"
  launch_type = "FARGATE"
}

# The cluster decides.
resource "aws_ecs_service" "mail_worker" {
  name = "mail-worker"
}

resource "aws_batch_compute_environment" "exports" {
  compute_resources {
    type = "SPOT"
  }
}

resource "aws_launch_template" "runner" {
  instance_market_options {
    market_type = "spot"
  }
}

resource "aws_autoscaling_group" "runners" {
  max_size = 4

  launch_template {
    id = aws_launch_template.runner.id
  }
}
