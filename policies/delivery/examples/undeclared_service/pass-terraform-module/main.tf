resource "aws_ecs_service" "web" {
  name            = "web"
  task_definition = "web"
}

module "data" {
  source = "git::https://git.example.com/acme/data.git?ref=v3"
}
