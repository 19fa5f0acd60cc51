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

resource "aws_instance" "load_test" { # expect: cost/always-on-nonproduction
  ami           = "ami-0123456789abcdef0"
  instance_type = "t3.large"
  tags          = { Environment = "staging" }
}

# A schedule of something else.
resource "aws_scheduler_schedule" "export" {
  schedule_expression = "cron(0 3 * * ? *)"

  target {
    arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/shop"
  }
}

resource "aws_instance" "web" {
  instance_type = "t3.large"
}
