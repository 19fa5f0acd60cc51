provider "aws" {}

# djaws: ignore[gate/unresolved-module] until=2027-03-01 -- public module, reviewed by hand
module "vpc" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.8.1"
}

# An expired waiver is invalid, not unused.
# djaws: ignore[gate/unresolved-module] until=2026-01-01 -- long ago
locals { a = 1 }
