variable "git_sha" {
  type = string
}

variable "image" {
  type = string
}

resource "aws_ecr_repository" "web" {
  name = "web"
}

resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([
    {
      name  = "web"
      image = "${aws_ecr_repository.web.repository_url}:${var.git_sha}"
    },
    {
      name  = "proxy"
      image = "nginx@sha256:0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31"
    },
    {
      name  = "exporter"
      image = "public.ecr.aws/docker/library/nginx:1.27.3"
    },
  ])
}

resource "aws_lambda_function" "thumbnails" {
  function_name = "thumbnails"
  package_type  = "Image"
  image_uri     = var.image
  role          = "arn:aws:iam::123456789012:role/thumbnails"
}
