resource "aws_ecr_repository" "shop" { # expect: cost/unbounded-image-repository
  name = "shop"
}

resource "aws_ecr_repository" "proxy" {
  name = "proxy"
}

resource "aws_ecr_lifecycle_policy" "proxy" {
  repository = aws_ecr_repository.proxy.name
  policy     = jsonencode({ rules = [] })
}
