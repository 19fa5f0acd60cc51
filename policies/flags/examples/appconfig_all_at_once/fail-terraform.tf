variable "bake" {
  type    = number
  default = 0
}

resource "aws_appconfig_environment" "prod" {
  name           = "prod"
  application_id = "abc1234"
}

resource "aws_appconfig_deployment" "flags" {
  application_id           = "abc1234"
  configuration_profile_id = "def5678"
  configuration_version    = "1"
  environment_id           = aws_appconfig_environment.prod.environment_id
  deployment_strategy_id   = "AppConfig.AllAtOnce" # expect: flags/appconfig-all-at-once
}

resource "aws_appconfig_deployment_strategy" "one_step" {
  name                           = "one-step"
  deployment_duration_in_minutes = 10
  growth_factor                  = 100 # expect: flags/appconfig-all-at-once
  final_bake_time_in_minutes     = 10
  replicate_to                   = "NONE"
}

resource "aws_appconfig_deployment_strategy" "no_time" {
  name                           = "no-time"
  deployment_duration_in_minutes = 0 # expect: flags/appconfig-all-at-once
  growth_factor                  = 25
  replicate_to                   = "NONE"
}

# expect: flags/appconfig-all-at-once
resource "aws_appconfig_deployment_strategy" "unwatched" {
  name                           = "unwatched"
  deployment_duration_in_minutes = 20
  growth_factor                  = 25
  replicate_to                   = "NONE"
}

resource "aws_appconfig_deployment_strategy" "by_default" {
  name                           = "by-default"
  deployment_duration_in_minutes = 20
  growth_factor                  = 25
  final_bake_time_in_minutes     = var.bake # expect: flags/appconfig-all-at-once
  replicate_to                   = "NONE"
}
