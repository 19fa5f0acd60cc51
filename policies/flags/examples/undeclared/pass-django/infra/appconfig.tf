resource "aws_appconfig_hosted_configuration_version" "flags" {
  application_id           = "abc1234"
  configuration_profile_id = "def5678"
  content_type             = "application/json"
  content = jsonencode({
    version = "1"
    flags   = { from-appconfig = { name = "From AppConfig" } }
    values  = { from-appconfig = { enabled = false } }
  })
}
