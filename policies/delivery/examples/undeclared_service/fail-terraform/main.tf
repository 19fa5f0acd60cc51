resource "aws_ecs_service" "web" {
  name            = "web"
  task_definition = "web"
}
