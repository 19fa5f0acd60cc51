resource "aws_db_instance" "shop" {
  identifier = "shop-dev"
}

module "scheduler" { # undecided: cost/always-on-nonproduction
  source = "github.com/example/scheduler"
}
