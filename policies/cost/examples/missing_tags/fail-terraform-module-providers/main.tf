provider "aws" {
  region = "eu-central-1"

  default_tags {
    tags = {
      Project     = "shop"
      Environment = "production"
      Owner       = "web"
    }
  }
}

provider "aws" {
  alias  = "edge"
  region = "us-east-1"
}

module "media" {
  source = "./bucket"
}

module "edge" {
  source    = "./bucket"
  providers = { aws = aws.edge }
}
