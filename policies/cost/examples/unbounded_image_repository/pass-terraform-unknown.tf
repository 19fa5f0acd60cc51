variable "repository" {}

resource "aws_ecr_repository" "shop" {
  name = "shop"
}

resource "aws_ecr_lifecycle_policy" "some" { # undecided: cost/unbounded-image-repository
  repository = var.repository
  policy     = "{}"
}
