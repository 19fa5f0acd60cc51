resource "aws_ecr_repository" "web" {
  name = "web"
}

resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([{
    name    = "web"
    image   = "${aws_ecr_repository.web.repository_url}:1.4.0"
    command = ["python", "manage.py", "runserver", "0.0.0.0:8000"] # expect: delivery/development-server
  }])
}
