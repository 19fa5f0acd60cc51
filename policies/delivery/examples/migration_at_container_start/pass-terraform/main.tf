resource "aws_ecr_repository" "web" {
  name = "web"
}

resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([{
    name    = "web"
    image   = "${aws_ecr_repository.web.repository_url}:1.4.0"
    command = ["sh", "-c", "python manage.py migrate && gunicorn shop.wsgi"]
  }])
}

resource "aws_ecs_service" "web" {
  name            = "web"
  task_definition = aws_ecs_task_definition.web.arn
  desired_count   = 1
}

resource "aws_ecs_task_definition" "migration" {
  family = "migration"
  container_definitions = jsonencode([{
    name    = "migration"
    image   = "${aws_ecr_repository.web.repository_url}:1.4.0"
    command = ["python", "manage.py", "migrate"]
  }])
}
