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

resource "aws_appconfig_hosted_configuration_version" "undeclared_value" {
  application_id           = "abc1234"
  configuration_profile_id = aws_appconfig_configuration_profile.flags.configuration_profile_id
  content_type             = "application/json"
  content = jsonencode({
    version = "1"
    flags   = { webp = { name = "WebP" } }
    values = {
      webp = { enabled = true }
      avif = { enabled = false } # expect: flags/invalid-appconfig-document
    }
  })
}

resource "aws_appconfig_hosted_configuration_version" "version" {
  application_id           = "abc1234"
  configuration_profile_id = aws_appconfig_configuration_profile.flags.configuration_profile_id
  content_type             = "application/json"
  content                  = jsonencode({ version = 1, flags = {}, values = {} }) # expect: flags/invalid-appconfig-document
}

resource "aws_appconfig_hosted_configuration_version" "key" {
  application_id           = "abc1234"
  configuration_profile_id = aws_appconfig_configuration_profile.flags.configuration_profile_id
  content_type             = "application/json"
  content                  = "{\"version\": \"1\", \"flags\": {\"New page\": {}}, \"values\": {}}" # expect: flags/invalid-appconfig-document
}

resource "aws_appconfig_hosted_configuration_version" "text" {
  application_id           = "abc1234"
  configuration_profile_id = aws_appconfig_configuration_profile.flags.configuration_profile_id
  content_type             = "application/json"
  content                  = "webp: true" # expect: flags/invalid-appconfig-document
}

resource "aws_appconfig_hosted_configuration_version" "enabled" {
  application_id           = "abc1234"
  configuration_profile_id = aws_appconfig_configuration_profile.flags.configuration_profile_id
  content_type             = "application/json"
  content = jsonencode({
    version = "1"
    flags   = { webp = { name = "WebP" } }
    values  = { webp = { enabled = "true" } } # expect: flags/invalid-appconfig-document
  })
}

resource "aws_appconfig_hosted_configuration_version" "constraint" {
  application_id           = "abc1234"
  configuration_profile_id = aws_appconfig_configuration_profile.flags.configuration_profile_id
  content_type             = "application/json"
  content = jsonencode({
    version = "1"
    flags   = { webp = { name = "WebP", attributes = { quality = { constraints = { type = "int" } } } } }
    # expect: flags/invalid-appconfig-document
    values = { webp = { enabled = true, quality = 80 } }
  })
}

resource "aws_appconfig_hosted_configuration_version" "content_type" {
  application_id           = "abc1234"
  configuration_profile_id = aws_appconfig_configuration_profile.flags.configuration_profile_id
  content_type             = "text/plain" # expect: flags/invalid-appconfig-document
  content                  = jsonencode({ version = "1", flags = {}, values = {} })
}

resource "aws_appconfig_hosted_configuration_version" "misplaced" {
  application_id           = "abc1234"
  configuration_profile_id = aws_appconfig_configuration_profile.settings.configuration_profile_id
  content_type             = "application/json"
  content                  = jsonencode({ version = "1", flags = {}, values = {} }) # expect: flags/invalid-appconfig-document
}
