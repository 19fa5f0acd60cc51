# undecided: monitoring/weak-cloudtrail
variable "validated" {
  type = bool
}

resource "aws_cloudtrail" "audit" {
  name                       = "audit"
  s3_bucket_name             = "audit-logs"
  is_multi_region_trail      = true
  enable_log_file_validation = true
}

resource "aws_cloudtrail" "asked" {
  name                       = "asked"
  s3_bucket_name             = "audit-logs"
  is_multi_region_trail      = true
  enable_log_file_validation = var.validated
}

# Data events of one bucket, beside the trail above.
resource "aws_cloudtrail" "objects" {
  name           = "objects"
  s3_bucket_name = "audit-logs"

  event_selector {
    include_management_events = false

    data_resource {
      type   = "AWS::S3::Object"
      values = ["arn:aws:s3:::shop-media/"]
    }
  }
}
