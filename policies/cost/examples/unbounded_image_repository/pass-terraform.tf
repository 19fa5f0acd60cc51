locals {
  images = toset(["shop", "proxy"])
}

resource "aws_ecr_repository" "images" {
  for_each = local.images
  name     = each.key
}

resource "aws_ecr_lifecycle_policy" "images" {
  for_each   = local.images
  repository = each.key
  policy     = jsonencode({ rules = [] })
}
