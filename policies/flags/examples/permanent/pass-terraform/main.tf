variable "webp" {
  type = bool
}

# Switched in the console: Terraform only makes the first version.
resource "aws_appconfig_hosted_configuration_version" "console" {
  application_id           = aws_appconfig_application.shop.id
  configuration_profile_id = aws_appconfig_configuration_profile.flags.configuration_profile_id
  content_type             = "application/json"
  content = jsonencode({
    version = "1"
    flags   = { avif = { name = "AVIF" } }
    values  = { avif = { enabled = false } }
  })

  lifecycle {
    ignore_changes = [content]
  }
}

resource "aws_appconfig_hosted_configuration_version" "variable" {
  application_id           = aws_appconfig_application.shop.id
  configuration_profile_id = aws_appconfig_configuration_profile.flags.configuration_profile_id
  content_type             = "application/json"
  content = jsonencode({
    version = "1"
    flags   = { webp = { name = "WebP" } }
    values  = { webp = { enabled = var.webp } }
  })
}
