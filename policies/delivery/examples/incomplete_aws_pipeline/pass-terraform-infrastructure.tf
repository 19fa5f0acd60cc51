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
    name = "Deploy"
    action {
      name     = "Deploy"
      category = "Deploy"
      provider = "CloudFormation"
      owner    = "AWS"
      version  = "1"
    }
  }
}
