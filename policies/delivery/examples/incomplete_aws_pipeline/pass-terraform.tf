resource "aws_codepipeline" "shop" {
  name     = "shop"
  role_arn = "arn:aws:iam::123456789012:role/pipeline"

  stage {
    name = "Source"
    action {
      name     = "Source"
      category = "Source"
      provider = "S3"
      owner    = "AWS"
      version  = "1"

      configuration = {
        S3Bucket             = "shop-releases"
        S3ObjectKey          = "shop.zip"
        PollForSourceChanges = "false"
      }
    }
  }

  stage {
    name = "Build"
    action {
      name     = "Build"
      category = "Build"
      provider = "CodeBuild"
      owner    = "AWS"
      version  = "1"
    }
  }

  stage {
    name = "Deploy"
    action {
      name     = "Deploy"
      category = "Deploy"
      provider = "ECS"
      owner    = "AWS"
      version  = "1"
    }
  }
}
