provider "aws" {}

resource "aws_ecs_task_definition" "web" {
  family        = "web"
  task_role_arn = "arn:aws:iam::123456789012:role/web"
  container_definitions = jsonencode([
    { name = "web", image = "shop", environment = [{ name = "AWS_DEFAULT_REGION", value = "eu-west-1" }] },
    {
      name  = "mirror"
      image = "shop"
      environment = [
        { name = "AWS_ENDPOINT_URL_S3", value = "https://objects.example.net" },
        { name = "AWS_ACCESS_KEY_ID", value = "somebody-elses-key" },
      ]
    },
  ])
}
