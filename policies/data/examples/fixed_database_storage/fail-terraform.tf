# expect: data/fixed-database-storage
resource "aws_db_instance" "shop" {
  engine            = "postgres"
  allocated_storage = 20
}

resource "aws_db_instance" "orders" {
  engine                = "mysql"
  allocated_storage     = 20
  max_allocated_storage = 0 # expect: data/fixed-database-storage
}

# the alarm of another database
resource "aws_cloudwatch_metric_alarm" "storage" {
  metric_name = "FreeStorageSpace"
  dimensions  = { DBInstanceIdentifier = aws_db_instance.stock.identifier }
}

resource "aws_db_instance" "stock" {
  engine = "postgres"
}
