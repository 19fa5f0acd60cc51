provider "aws" {
  region = "eu-central-1"
}

module "vpc" { # expect: gate/unresolved-module
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.8.1"
}
