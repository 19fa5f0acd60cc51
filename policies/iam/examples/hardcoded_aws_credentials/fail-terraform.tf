provider "aws" {
  access_key = "AKIAQ3EGV7XMPLDJ2S5K" # expect: iam/hardcoded-aws-credentials
}
