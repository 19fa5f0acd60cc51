provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }
}

# CloudFront reads certificates and logs in this region only.
provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"
}
