data "aws_caller_identity" "current" {}

locals {
  name    = "shop-${var.environment}"
  account = data.aws_caller_identity.current.account_id

  tags = {
    Project     = "shop"
    Environment = var.environment
    Owner       = "web-team"
    CostCenter  = "TODO"
  }

  database_settings = {
    DATABASE_HOST = aws_db_instance.shop.address
    DATABASE_PORT = tostring(aws_db_instance.shop.port)
    DATABASE_NAME = "shop"
    DATABASE_USER = "shop"
  }

  environment = merge(local.database_settings, {
    DJANGO_SETTINGS_MODULE = "shop.settings.production"
    DJANGO_ALLOWED_HOSTS   = "shop.example.com"
    MEDIA_BUCKET           = aws_s3_bucket.media.id
    ORDERS_QUEUE_URL       = aws_sqs_queue.orders.url
    WEBHOOK_SECRET         = "dGhpcyBpcyBub3QgYSByZWFsIHNlY3JldCBrZXk="
    REDIS_URL              = "rediss://${aws_elasticache_replication_group.cache.primary_endpoint_address}:6379/0"
  })

  secrets = {
    DATABASE_PASSWORD   = "${aws_db_instance.shop.master_user_secret[0].secret_arn}:password::"
    PAYMENT_API_KEY     = aws_secretsmanager_secret.payments.arn
    EMAIL_HOST_PASSWORD = aws_secretsmanager_secret.email.arn
  }
}
