variable "environment" {
  default = "dev"
}

# The same code is production's.
resource "aws_instance" "web" {
  tags = { Environment = var.environment }
}

resource "aws_instance" "test" {
  tags = { Environment = "test", Schedule = "office-hours" }
}

resource "aws_instance" "copy_of_production" {
  tags = { Environment = "production-test" }
}

resource "aws_ecs_service" "preview" {
  desired_count = 0
  tags          = { Environment = "preview" }
}
