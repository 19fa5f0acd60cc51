variable "strategy" { # undecided: flags/appconfig-all-at-once
  type = string
}

variable "bake" { # undecided: flags/appconfig-all-at-once
  type = number
}

resource "aws_appconfig_environment" "prod" {
  name           = "prod"
  application_id = "abc1234"
}

resource "aws_appconfig_environment" "staging" {
  name           = "shop-staging"
  application_id = "abc1234"
}

resource "aws_appconfig_deployment_strategy" "gradual" {
  name                           = "gradual"
  deployment_duration_in_minutes = 20
  growth_factor                  = 20
  final_bake_time_in_minutes     = 10
  replicate_to                   = "NONE"
}

resource "aws_appconfig_deployment_strategy" "quick" {
  name                           = "quick"
  deployment_duration_in_minutes = 0
  growth_factor                  = 100
  replicate_to                   = "NONE"
}

resource "aws_appconfig_deployment_strategy" "dev" {
  name                           = "dev-at-once"
  deployment_duration_in_minutes = 0
  growth_factor                  = 100
  replicate_to                   = "NONE"
}

resource "aws_appconfig_deployment_strategy" "by_variable" {
  name                           = "by-variable"
  deployment_duration_in_minutes = 20
  growth_factor                  = 20
  final_bake_time_in_minutes     = var.bake
  replicate_to                   = "NONE"
}

# Only staging uses the quick one.
resource "aws_appconfig_deployment" "staging" {
  application_id           = "abc1234"
  configuration_profile_id = "def5678"
  configuration_version    = "1"
  environment_id           = aws_appconfig_environment.staging.environment_id
  deployment_strategy_id   = aws_appconfig_deployment_strategy.quick.id
}

resource "aws_appconfig_deployment" "staging_at_once" {
  application_id           = "abc1234"
  configuration_profile_id = "ghi9012"
  configuration_version    = "1"
  environment_id           = aws_appconfig_environment.staging.environment_id
  deployment_strategy_id   = "AppConfig.AllAtOnce"
}

resource "aws_appconfig_deployment" "prod" {
  application_id           = "abc1234"
  configuration_profile_id = "def5678"
  configuration_version    = "1"
  environment_id           = aws_appconfig_environment.prod.environment_id
  deployment_strategy_id   = "AppConfig.Canary10Percent20Minutes"
}

resource "aws_appconfig_deployment" "given" {
  application_id           = "abc1234"
  configuration_profile_id = "def5678"
  configuration_version    = "1"
  environment_id           = aws_appconfig_environment.prod.environment_id
  deployment_strategy_id   = var.strategy
}

resource "aws_appconfig_deployment" "own" {
  application_id           = "abc1234"
  configuration_profile_id = "jkl3456"
  configuration_version    = "1"
  environment_id           = aws_appconfig_environment.prod.environment_id
  deployment_strategy_id   = aws_appconfig_deployment_strategy.gradual.id
}
