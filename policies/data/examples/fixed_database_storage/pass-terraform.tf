variable "bound" {} # undecided: data/fixed-database-storage
variable "engine" {} # undecided: data/fixed-database-storage

resource "aws_db_instance" "shop" {
  engine                = "postgres"
  allocated_storage     = 20
  max_allocated_storage = 100
}

resource "aws_db_instance" "bounded" {
  engine                = "postgres"
  max_allocated_storage = var.bound
}

resource "aws_db_instance" "some" {
  engine = var.engine
}

resource "aws_db_instance" "watched" {
  engine = "postgres"
}

resource "aws_cloudwatch_metric_alarm" "storage" {
  metric_name = "FreeStorageSpace"
  dimensions  = { DBInstanceIdentifier = aws_db_instance.watched.identifier }
}

resource "aws_db_instance" "aurora" {
  engine = "aurora-postgresql"
}

resource "aws_db_instance" "magnetic" {
  engine       = "postgres"
  storage_type = "standard"
}

resource "aws_db_instance" "shop_test" {
  engine = "postgres"
}

resource "aws_db_instance" "told" {
  engine = "postgres"
}

# undecided: data/fixed-database-storage
module "alarms" {
  source   = "terraform-aws-modules/cloudwatch/aws"
  database = aws_db_instance.told.identifier
}
