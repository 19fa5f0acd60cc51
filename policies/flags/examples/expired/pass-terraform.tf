variable "end" {
  type = string
}

resource "aws_appconfig_hosted_configuration_version" "flags" {
  application_id           = aws_appconfig_application.shop.id
  configuration_profile_id = aws_appconfig_configuration_profile.flags.configuration_profile_id
  content_type             = "application/json"
  content = jsonencode({
    version = "1"
    flags   = { webp = { name = "WebP", _deprecation = { status = "planned", date = "2027-03-31" } } }
    values  = { webp = { enabled = true } }
  })
}

resource "aws_appconfig_hosted_configuration_version" "others" {
  application_id           = aws_appconfig_application.shop.id
  configuration_profile_id = aws_appconfig_configuration_profile.others.configuration_profile_id
  content_type             = "application/json"
  content = jsonencode({
    version = "1"
    flags   = { avif = { name = "AVIF", _deprecation = { status = "planned", date = var.end } } }
    values  = { avif = { enabled = true } }
  })
}
