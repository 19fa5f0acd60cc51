resource "aws_appconfig_hosted_configuration_version" "flags" {
  application_id           = aws_appconfig_application.shop.id
  configuration_profile_id = aws_appconfig_configuration_profile.flags.configuration_profile_id
  content_type             = "application/json"
  # expect: flags/permanent
  content = jsonencode({
    version = "1"
    flags   = { webp = { name = "WebP" }, avif = { name = "AVIF" }, resize = { name = "Resize" } }
    values  = { webp = { enabled = true }, avif = { enabled = false }, resize = { enabled = true } }
  })
}
