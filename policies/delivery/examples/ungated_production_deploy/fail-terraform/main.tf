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
    name = "Production"
    action {
      name     = "Deploy"
      category = "Deploy" # expect: delivery/ungated-production-deploy
      provider = "ECS"
      owner    = "AWS"
      version  = "1"
    }
  }
}
