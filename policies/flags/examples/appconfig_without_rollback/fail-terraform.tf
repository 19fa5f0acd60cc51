variable "environment" {
  type = string
}

resource "aws_appconfig_application" "shop" {
  name = "shop"
}

resource "aws_appconfig_configuration_profile" "flags" {
  application_id = aws_appconfig_application.shop.id
  name           = "flags"
  location_uri   = "hosted"
  type           = "AWS.AppConfig.FeatureFlags"
}

# expect: flags/appconfig-without-rollback
resource "aws_appconfig_environment" "prod" {
  name           = "prod"
  application_id = aws_appconfig_application.shop.id
}

# Which environment it is does not matter: none that this makes has a monitor.
# expect: flags/appconfig-without-rollback
resource "aws_appconfig_environment" "any" {
  name           = var.environment
  application_id = aws_appconfig_application.shop.id
}
