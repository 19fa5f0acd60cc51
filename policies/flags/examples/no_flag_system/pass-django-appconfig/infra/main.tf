provider "aws" {
  region = "eu-west-1"
}

resource "aws_appconfig_configuration_profile" "flags" {
  application_id = "abc1234"
  name           = "flags"
  location_uri   = "hosted"
  type           = "AWS.AppConfig.FeatureFlags"
}
