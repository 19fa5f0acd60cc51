variable "stages" {
  type = list(string)
}

resource "aws_codepipeline" "shop" { # undecided: delivery/incomplete-aws-pipeline
  name     = "shop"
  role_arn = "arn:aws:iam::123456789012:role/pipeline"

  dynamic "stage" {
    for_each = var.stages
    content {
      name = stage.value
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
