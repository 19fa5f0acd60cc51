variable "webp" {
  type = bool
}

variable "profile" {
  type = string
}

resource "aws_appconfig_configuration_profile" "flags" {
  application_id = "abc1234"
  name           = "flags"
  location_uri   = "hosted"
  type           = "AWS.AppConfig.FeatureFlags"
}

resource "aws_appconfig_configuration_profile" "settings" {
  application_id = "abc1234"
  name           = "settings"
  location_uri   = "hosted"
}

resource "aws_appconfig_hosted_configuration_version" "right" {
  application_id           = "abc1234"
  configuration_profile_id = aws_appconfig_configuration_profile.flags.configuration_profile_id
  content_type             = "application/json"
  content = jsonencode({
    version = "1"
    flags = {
      webp-output = {
        name       = "WebP"
        attributes = { quality = { constraints = { type = "number", minimum = 1, maximum = 100 } } }
      }
    }
    values = { webp-output = { enabled = true, quality = 80 } }
  })
}

resource "aws_appconfig_hosted_configuration_version" "variable" {
  application_id           = "abc1234"
  configuration_profile_id = aws_appconfig_configuration_profile.flags.configuration_profile_id
  content_type             = "application/json"
  content = jsonencode({
    version = "1"
    flags   = { webp = { name = "WebP" } }
    values  = { webp = { enabled = var.webp } }
  })
}

resource "aws_appconfig_hosted_configuration_version" "file" {
  application_id           = "abc1234"
  configuration_profile_id = aws_appconfig_configuration_profile.flags.configuration_profile_id
  content_type             = "application/json"
  content                  = file("${path.module}/flags.json")
}

resource "aws_appconfig_hosted_configuration_version" "settings" {
  application_id           = "abc1234"
  configuration_profile_id = aws_appconfig_configuration_profile.settings.configuration_profile_id
  content_type             = "text/plain"
  content                  = "page_size: 20"
}

resource "aws_appconfig_hosted_configuration_version" "powertools" {
  application_id           = "abc1234"
  configuration_profile_id = aws_appconfig_configuration_profile.settings.configuration_profile_id
  content_type             = "application/json"
  content                  = jsonencode({ features = { webp = { default = false } } })
}

resource "aws_appconfig_hosted_configuration_version" "elsewhere" {
  application_id           = "abc1234"
  configuration_profile_id = var.profile
  content_type             = "text/plain"
  content                  = "anything"
}
