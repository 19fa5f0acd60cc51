# expect: monitoring/weak-cloudtrail
resource "aws_cloudtrail" "bare" {
  name           = "bare"
  s3_bucket_name = "audit-logs"
}

resource "aws_cloudtrail" "regional" {
  name                       = "regional"
  s3_bucket_name             = "audit-logs"
  enable_log_file_validation = true
  is_multi_region_trail      = false # expect: monitoring/weak-cloudtrail
}

resource "aws_cloudtrail" "off" {
  name                       = "off"
  s3_bucket_name             = "audit-logs"
  is_multi_region_trail      = true
  enable_log_file_validation = true
  enable_logging             = false # expect: monitoring/weak-cloudtrail
}
