# undecided: cost/paid-extended-support
resource "aws_db_instance" "reporting" {
  engine         = "postgres"
  engine_version = "12"
}
