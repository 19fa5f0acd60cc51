resource "aws_ecr_repository" "web" {
  name = "web"
}

resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([
    {
      name  = "web"
      image = "${aws_ecr_repository.web.repository_url}:latest" # expect: delivery/mutable-image-tag
    },
    {
      name  = "proxy"
      image = "nginx" # expect: delivery/mutable-image-tag
    },
  ])
}

resource "aws_lambda_function" "thumbnails" {
  function_name = "thumbnails"
  package_type  = "Image"
  image_uri     = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/thumbnails:main" # expect: delivery/mutable-image-tag
  role          = "arn:aws:iam::123456789012:role/thumbnails"
}
