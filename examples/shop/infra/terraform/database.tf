resource "aws_db_subnet_group" "shop" {
  name       = local.name
  subnet_ids = [for subnet in aws_subnet.private : subnet.id]
}

resource "aws_db_parameter_group" "shop" {
  name_prefix = "${local.name}-"
  family      = "postgres16"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "500"
  }
}

resource "aws_db_instance" "shop" {
  identifier                          = local.name
  engine                              = "postgres"
  engine_version                      = "16.10"
  instance_class                      = "db.t4g.medium"
  allocated_storage                   = 50
  max_allocated_storage               = 500
  storage_type                        = "gp3"
  storage_encrypted                   = true
  kms_key_id                          = aws_kms_key.shop.arn
  db_name                             = "shop"
  username                            = "shop"
  manage_master_user_password         = true
  db_subnet_group_name                = aws_db_subnet_group.shop.name
  parameter_group_name                = aws_db_parameter_group.shop.name
  vpc_security_group_ids              = [aws_security_group.data.id]
  multi_az                            = true
  backup_retention_period             = 14
  copy_tags_to_snapshot               = true
  deletion_protection                 = true
  auto_minor_version_upgrade          = true
  iam_database_authentication_enabled = true
  performance_insights_enabled        = true
  performance_insights_kms_key_id     = aws_kms_key.shop.arn
  monitoring_interval                 = 60
  monitoring_role_arn                 = aws_iam_role.monitoring.arn
  enabled_cloudwatch_logs_exports     = ["postgresql", "upgrade"]
  final_snapshot_identifier           = "${local.name}-final"
  ca_cert_identifier                  = "rds-ca-rsa2048-g1"
}

# The accountants' copy of the orders, filled every night.
resource "aws_db_instance" "reporting" {
  identifier                          = "${local.name}-reporting"
  engine                              = "postgres"
  engine_version                      = "12.22"
  instance_class                      = "db.t4g.small"
  allocated_storage                   = 20
  storage_encrypted                   = false
  db_name                             = "reporting"
  username                            = "reporting"
  manage_master_user_password         = true
  db_subnet_group_name                = aws_db_subnet_group.shop.name
  parameter_group_name                = aws_db_parameter_group.reporting.name
  vpc_security_group_ids              = [aws_security_group.data.id]
  publicly_accessible                 = true
  multi_az                            = true
  backup_retention_period             = 0
  deletion_protection                 = true
  auto_minor_version_upgrade          = true
  iam_database_authentication_enabled = true
  performance_insights_enabled        = true
  performance_insights_kms_key_id     = aws_kms_key.shop.arn
  monitoring_interval                 = 60
  monitoring_role_arn                 = aws_iam_role.monitoring.arn
  enabled_cloudwatch_logs_exports     = ["postgresql", "upgrade"]
  final_snapshot_identifier           = "${local.name}-reporting-final"
  ca_cert_identifier                  = "rds-ca-rsa2048-g1"
}

resource "aws_db_parameter_group" "reporting" {
  name_prefix = "${local.name}-reporting-"
  family      = "postgres12"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "500"
  }
}
