resource "aws_db_instance" "shop" { # expect: cost/always-on-nonproduction
  identifier = "shop-dev"
}

resource "aws_ecs_service" "web" {
  name          = "web"
  desired_count = 1
}

resource "aws_ecs_service" "worker" {
  name          = "worker"
  desired_count = 1
}
