provider "aws" {
  region = "eu-central-1"
}

module "jobs" {
  source = "./modules/queue"
  name   = "jobs"
}
