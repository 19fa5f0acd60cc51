# Flags of the image functions; they have no database to ask.
resource "aws_appconfig_application" "images" {
  name = "${local.name}-images"
}

resource "aws_appconfig_environment" "images" {
  application_id = aws_appconfig_application.images.id
  name           = var.environment
}

resource "aws_appconfig_configuration_profile" "images" {
  application_id = aws_appconfig_application.images.id
  name           = "flags"
  location_uri   = "hosted"
  type           = "AWS.AppConfig.FeatureFlags"
}

resource "aws_appconfig_hosted_configuration_version" "images" {
  application_id           = aws_appconfig_application.images.id
  configuration_profile_id = aws_appconfig_configuration_profile.images.configuration_profile_id
  content_type             = "application/json"

  content = jsonencode({
    version = "1"
    flags = {
      webp-output = { name = "webp-output", description = "Thumbnails in WebP." }
    }
    values = {
      webp-output = { enabled = true }
      avif-output = { enabled = false }
    }
  })
}

resource "aws_appconfig_deployment" "images" {
  application_id           = aws_appconfig_application.images.id
  configuration_profile_id = aws_appconfig_configuration_profile.images.configuration_profile_id
  configuration_version    = aws_appconfig_hosted_configuration_version.images.version_number
  environment_id           = aws_appconfig_environment.images.environment_id
  deployment_strategy_id   = "AppConfig.AllAtOnce"
}
