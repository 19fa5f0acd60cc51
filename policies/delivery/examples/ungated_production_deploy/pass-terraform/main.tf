resource "aws_codepipeline" "shop" {
  name     = "shop"
  role_arn = "arn:aws:iam::123456789012:role/pipeline"

  stage {
    name = "Source"
    action {
      name     = "Source"
      category = "Source"
      provider = "CodeStarSourceConnection"
      owner    = "AWS"
      version  = "1"
    }
  }

  stage {
    name = "Approval"
    action {
      name     = "Approval"
      category = "Approval"
      provider = "Manual"
      owner    = "AWS"
      version  = "1"
    }
  }
  stage {
    name = "Production"
    action {
      name     = "Deploy"
      category = "Deploy"
      provider = "ECS"
      owner    = "AWS"
      version  = "1"
    }
  }
}
